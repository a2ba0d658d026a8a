"""Arguments of the command line are bounded before they are used."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from build_scripts.palier_cli.arguments import (
    LARGEST_FILE_BYTES,
    parse_amount,
    parse_count,
    parse_header,
    parse_name,
    parse_number,
    read_bytes,
)
from build_scripts.palier_cli.main import main
from functions.core.errors import RecordingTooLargeError

# Python itself converts no more digits than 4,300.
DIGITS = "9" * 5000
NO_TEXT = "\udcff"


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (parse_name, "DE_time", "DE_time"),
        (parse_name, "Beschleunigung [g] \u00fc", "Beschleunigung [g] \u00fc"),
        (parse_name, "9" * 256, "9" * 256),
        (parse_header, "palier_0123_a-b", "palier_0123_a-b"),
        (parse_count, "20", 20),
        (parse_count, "1000000", 1_000_000),
        (parse_number, "-1.5e3", -1500.0),
        (parse_amount, "0", 0.0),
    ],
)
def test_what_can_be_is_taken(parse: Callable[[str], object], text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((parse_name, text) for text in ("", DIGITS, NO_TEXT)),
        *((parse_header, text) for text in ("", "a b", "a\nb", "ü", NO_TEXT, DIGITS)),
        *((parse_count, text) for text in ("", "0", "-1", "1.5", "٣", "²", "1000001", "9999999", DIGITS, "x")),
        *((parse_number, text) for text in ("", "x", "nan", "inf", "-inf", "1e999", DIGITS)),
        *((parse_amount, text) for text in ("-1", "nan", DIGITS)),
    ],
)
def test_what_cannot_be_is_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as refusal:
        parse(text)
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize(
    "arguments",
    [
        ("diagnose", "a.csv", "--channel", DIGITS),
        ("diagnose", "a.csv", "--channel", NO_TEXT),
        ("diagnose", "a.mat", "--variable", DIGITS),
        ("diagnose", "a.csv", "--model", NO_TEXT),
        ("diagnose", "a.csv", "--sample-rate-hz", "nan"),
        ("diagnose", "a.csv", "--full-scale", "inf"),
        ("diagnose", "a.csv", "--url", "http://a", "--key", "a\nb"),
        ("jobs", "submit", "a.csv", "--channel", DIGITS),
        ("jobs", "submit", "a.csv", "--sample-rate-hz", "nan"),
        ("jobs", "submit", "a.csv", "--idempotency-key", "ü"),
        ("jobs", "status", "--limit", DIGITS),
        ("jobs", "status", NO_TEXT),
        ("jobs", "results", "0" * 32, "--output", "/nowhere/found.csv"),
        ("plan", "--cold-share", "-1"),
        ("plan", "--requests-a-month", "inf"),
        ("keys", "rotate", "0", "--stage", "dev", "--grace-days", DIGITS),
    ],
    ids=lambda arguments: " ".join(arguments)[:40].encode("ascii", "replace").decode(),
)
def test_it_is_a_usage_error(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("palier ")
    assert ": error: argument " in last
    assert len(last) < 200


def test_a_key_of_the_environment_that_no_header_takes_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALIER_KEY", "ü")
    with pytest.raises(SystemExit):
        main(["jobs", "status"])
    assert "argument --key: a key has" in capsys.readouterr().err


def test_a_file_that_claims_more_than_is_read_is_refused(tmp_path: Path) -> None:
    """It takes nothing on the disk."""
    (tmp_path / "a.npy").touch()
    os.truncate(tmp_path / "a.npy", LARGEST_FILE_BYTES + 1)
    with pytest.raises(RecordingTooLargeError, match="has 1073741825 bytes, and at most 1073741824 are read"):
        read_bytes(tmp_path / "a.npy")


def test_neither_pipes_nor_devices_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "zero.csv"):
        with pytest.raises(OSError, match="It is a pipe or a device"):
            read_bytes(tmp_path / name)
