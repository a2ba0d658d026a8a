"""Shaft speed, bearing and conditions on the command line, and `palier bearings`."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from build_scripts.palier_cli.bearings.options import add_operation_options, operation_options
from build_scripts.palier_cli.main import main
from build_scripts.palier_cli.remote import _query
from build_scripts.palier_cli.report import _evidence
from functions.core.models.options import BEARING, SHAFT_SPEED, DiagnosisOptions
from tests.support.bearings import RATE_HZ, impacts, noise
from tests.support.packages import write_conditioned
from tests.support.recordings import wav_bytes


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PALIER_MODELS_DIR", str(write_conditioned(tmp_path / "models")))
    monkeypatch.setenv("PALIER_DEFAULT_MODEL", "tiny")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def outer(tmp_path: Path) -> Path:
    path = tmp_path / "outer.wav"
    path.write_bytes(wav_bytes((impacts(2, 3.5848 * 30) + noise(2)) / 8, RATE_HZ))
    return path


def test_every_option_of_a_request_is_one_of_the_command_line() -> None:
    parser = ArgumentParser()
    add_operation_options(parser)
    given = [f"--{name.replace('_', '-')}=7" for name in (SHAFT_SPEED, *BEARING)]
    read = operation_options(parser.parse_args([*given, "--condition", "load=0.5", "--condition", "oil_c=60"]))
    assert read == {
        SHAFT_SPEED: 7,
        **dict.fromkeys(BEARING, 7),
        "bearing": "7",
        "conditions": {"load": 0.5, "oil_c": 60},
    }
    assert operation_options(parser.parse_args([])) == {}


@pytest.mark.parametrize("condition", ["load", "=1", "load=", "load=high", "load=nan"])
def test_a_condition_is_a_name_and_a_number(condition: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["diagnose", "--condition", condition, "x.wav"])
    assert "--condition" in capsys.readouterr().err


def test_the_evidence_stands_below_the_diagnosis(outer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "--shaft-speed-rpm", "1800", "--bearing", "6205", str(outer)]) == 0
    *_, header, bpfo, bpfi, bsf, ftf, tail = capsys.readouterr().out.splitlines()
    assert header.split() == ["line", "order", "Hz", "level", "of", "its", "harmonics,", "dB", "speaks", "for"]
    assert bpfo.split()[:3] == ["BPFO", "3.585", bpfo.split()[2]]
    assert float(bpfo.split()[2]) == pytest.approx(107.5, rel=0.01)
    assert [line.split()[-1] for line in (bpfo, bpfi, bsf, ftf)] == ["outer_race", "-", "-", "-"]
    assert tail == "  read at 1800 rpm; the lines neither confirm the diagnosis nor contradict it"


def test_several_files_have_a_column_of_what_their_lines_speak_for(
    outer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = tmp_path / "quiet.wav"
    quiet.write_bytes(wav_bytes(noise(2) / 8, RATE_HZ))
    assert main(["diagnose", "--shaft-speed-rpm", "1800", "--bearing", "6205", str(outer), str(quiet)]) == 0
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.endswith("lines speak for")
    assert (first.split()[-1], second.split()[-1]) == ("outer_race", "-")


def test_conditions_reach_the_model(outer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--model", "tiny-speed", "--shaft-speed-rpm", "1800", "--condition", "load=2", "--json", str(outer)]
    assert main(["diagnose", *arguments]) == 0
    (found,) = json.loads(capsys.readouterr().out)["diagnoses"]
    assert found["conditions"] == {"shaft_speed_rpm": 1800, "load": 2}


def test_an_endpoint_is_asked_with_all_of_them_in_the_query() -> None:
    options = DiagnosisOptions(shaft_speed_rpm=1800, bearing="6205", conditions={"load": 2.0}, full_scale=5.0)
    assert _query(options) == {"shaft_speed_rpm": 1800, "bearing": "6205", "conditions.load": 2.0}


def test_an_unknown_bearing_is_one_sentence(outer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "--shaft-speed-rpm", "1800", "--bearing", "62O5", str(outer)]) == 2
    assert "There is no bearing '62O5' in the catalogue (near it: " in capsys.readouterr().err


def test_bearings_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bearings", "6205"]) == 0
    header, first, *others = capsys.readouterr().out.splitlines()
    assert header.split() == ["bearing", "kind", "elements", "BPFO", "BPFI", "BSF", "FTF", "also", "called"]
    assert first.split()[:9] == ["6205", "deep", "groove", "ball", "9", "3.5848", "5.4152", "2.3567", "0.3983"]
    assert len(others) == 2
    assert main(["bearings", "za-2115", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (row,) = document["bearings"]
    assert (row["designation"], row["rolling_elements"], row["bpfo_order"]) == ("Rexnord ZA-2115", 16, 7.0921)
    assert "Qiu" in row["source"]


@pytest.mark.parametrize(
    ("in_distribution", "clipped", "lines"), [(False, False, 1), (False, True, 0), (True, False, 0)]
)
def test_of_a_foreign_machine_it_shows_what_would_help(in_distribution: bool, clipped: bool, lines: int) -> None:
    answer = {"in_distribution": in_distribution, "clipped": clipped, "evidence": None}
    assert ["--bearing" in str(one) for one in _evidence(answer)] == [True] * lines
