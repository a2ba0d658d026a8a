"""Printed text: a sentence where it cannot be printed, and nothing that commands a terminal."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_scripts.palier_cli.main import main
from build_scripts.palier_cli.terminal import printable, screen
from tests.support.recordings import npy_bytes, tone
from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = [("models",), ("models", "--json"), ("plan",), ("--help",), ("jobs", "submit", "--help"), ("--version",)]
# Clears the screen, colours, rings, ends a line, and turns the reading direction.
NASTY = "a\x1b[2J\x1b[31m\x07\npalier: all diagnosed\u202e"
HARMLESS = r"a\x1b[2J\x1b[31m\x07\npalier: all diagnosed\u202e"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(models_dir: Path) -> dict[str, str]:
    return os.environ | {
        "PALIER_MODELS_DIR": str(models_dir),
        "PALIER_DEFAULT_MODEL": "tiny",
        "PYTHONPATH": str(ROOT),
        "ORT_DISABLE_TELEMETRY": "1",
    }


def run(environment: Mapping[str, str], *arguments: str | Path, stdout: str) -> tuple[int, str]:
    """Run the command with its standard output sent elsewhere, as a shell does; returns status and standard error."""
    code = "import sys; from build_scripts.palier_cli.main import main; sys.exit(main())"
    shell = ["sh", "-c", f'exec "$@" {stdout}', "sh", sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(shell, env=environment, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False)
    return done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_output_is_a_sentence(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    assert run(environment, *arguments, stdout=">/dev/full") == (
        2,
        "palier: Standard output cannot be written: No space left on device.\n",
    )


@pytest.mark.parametrize("arguments", [("models",), ("plan", "--json")], ids=" ".join)
def test_a_closed_output_is_a_sentence(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    status, err = run(environment, *arguments, stdout=">&-")
    assert (status, err.count("\n")) == (2, 1)
    assert err.startswith("palier: Standard output is closed")


def test_diagnoses_that_cannot_be_shown_are_a_failure(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(npy_bytes(tone(0.5)))
    assert run(environment, "diagnose", tmp_path / "a.npy", stdout=">&-")[0] == 2


def test_a_reader_that_has_closed_the_output_gets_no_message(environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code = "import sys; from build_scripts.palier_cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "models"],
        env=environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_without_a_standard_error_the_output_holds_no_errors(environment: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    status, _ = run(environment, "diagnose", tmp_path / "absent.npy", "--json", stdout=f"2>&- >'{out}'")
    assert status == 2
    assert "palier:" not in out.read_text()


def test_a_character_that_the_output_does_not_have_is_an_escape(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(npy_bytes(tone(0.5)))
    out = tmp_path / "out"
    ascii_only = environment | {"PYTHONIOENCODING": "ascii"}
    assert run(ascii_only, "diagnose", tmp_path / "a.npy", stdout=f">'{out}'") == (0, "")
    assert r"\u2588" in out.read_text()


@pytest.mark.parametrize("several", [False, True])
def test_a_file_s_name_commands_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    tmp_path: Path,
    several: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    good, bad = tmp_path / f"{NASTY}.npy", tmp_path / f"{NASTY}.csv"
    good.write_bytes(npy_bytes(tone(0.5)))
    bad.write_text("one\nword\n")
    assert main(["diagnose", str(good), *([str(bad)] if several else [])]) == (2 if several else 0)
    out, err = capsys.readouterr()
    assert f"{HARMLESS}.npy" in out
    assert f"{HARMLESS}.csv: The text" in err or not several
    assert all(line.isprintable() for text in (out, err) for line in text.split("\n"))
    assert [line for line in (out + err).splitlines() if line.startswith("palier: all")] == []


def test_a_usage_error_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([NASTY])
    err = capsys.readouterr().err
    assert all(line.isprintable() for line in err.split("\n"))


def test_a_table_commands_no_terminal_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    with screen() as console:
        # rich itself leaves the bell out.
        console.print(NASTY)
    assert capsys.readouterr().out == "a\\x1b[2J\\x1b[31m\npalier: all diagnosed\\u202e\n"


@given(st.text())
def test_what_is_printable_stays_and_the_rest_is_escaped(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert (shown == text) is text.isprintable()
