"""The palier command, called as the console script calls it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from build_scripts.palier_cli.main import main
from functions.core.version import VERSION
from tests.support.packages import expected_probabilities
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def palier(monkeypatch: pytest.MonkeyPatch, models_dir: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; returns exit status, standard output and standard error."""
    monkeypatch.setenv("PALIER_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("PALIER_DEFAULT_MODEL", "tiny")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The same recording in every format."""
    high = tone(0.5)
    contents = {
        "csv": csv_text([high]).encode(),
        "wav": wav_bytes(high),
        "npy": npy_bytes(high),
        "f32": high.astype("<f4").tobytes(),
    }
    for ending, content in contents.items():
        (tmp_path / f"high.{ending}").write_bytes(content)
    scipy.io.savemat(tmp_path / "high.mat", {"x": high, "other": tone(-0.5, windows=2)})
    return {ending: tmp_path / f"high.{ending}" for ending in [*contents, "mat"]}


@pytest.mark.parametrize("ending", ["csv", "wav", "npy", "f32", "mat"])
def test_every_format_is_diagnosed(palier: Run, files: dict[str, Path], ending: str) -> None:
    variable = ("--variable", "x") if ending == "mat" else ()
    status, out, err = palier("diagnose", files[ending], *variable, "--json")
    (diagnosis,) = json.loads(out)["diagnoses"]
    assert (status, err) == (0, "")
    assert diagnosis["file"] == str(files[ending])
    assert diagnosis["confidence"] == pytest.approx(expected_probabilities(0.5)[0], abs=2e-6)
    assert (diagnosis["class_id"], diagnosis["windows"], diagnosis["model"]["name"]) == ("high", 1, "tiny")


def test_one_file_is_reported_in_full(palier: Run, files: dict[str, Path]) -> None:
    status, out, err = palier("diagnose", files["wav"])
    head, *bars, tail, read, figures = out.splitlines()
    assert (status, err) == (0, "")
    assert head == f"High  98.2%   {files['wav']}".replace("98.2%", f"{expected_probabilities(0.5)[0]:.1%}")
    assert [bar.split()[0] for bar in bars] == ["high", "centred", "low"]
    assert tail.startswith("  1 window, ")
    assert tail.endswith("ms by tiny 10 (fp32); like the training data")
    assert read == "  channel 0, 1 s at 2048 Hz (as the file states)"
    assert figures == "  RMS 0.0707, peak 0.1, crest factor 1.41, kurtosis 1.5"


def test_a_rate_that_nobody_stated_is_reported_plainly(palier: Run, files: dict[str, Path]) -> None:
    sentence = "2048 Hz, assumed: neither the file nor --sample-rate-hz states the rate"
    assert sentence in palier("diagnose", files["csv"])[1]
    assert "2048 assumed" in palier("diagnose", files["csv"], files["wav"])[1]


def test_the_severity_is_reported_where_machine_and_unit_are(palier: Run, files: dict[str, Path]) -> None:
    machine = ("--unit", "mm/s", "--machine-group", "2", "--foundation", "rigid")
    status, out, err = palier("diagnose", files["wav"], *machine)
    assert (status, err) == (0, "")
    figures, note = out.splitlines()[-2:]
    assert figures.startswith("  RMS 0.0707 mm/s, peak 0.1 mm/s, crest factor 1.41, kurtosis 1.5, velocity ")
    assert figures.endswith(" mm/s RMS (10 to 1,000 Hz), zone A of ISO 20816-3")
    assert note.startswith("  The samples are in mm/s and the model takes g:")
    status, out, err = palier("diagnose", files["wav"], "--machine-group", "2", "--foundation", "rigid")
    assert (status, out) == (2, "")
    assert "The severity needs the unit of the samples; state it with `unit`: g, m/s2 or mm/s." in err


def test_several_files_are_a_table(palier: Run, files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "low.npy").write_bytes(npy_bytes(tone(-0.5, windows=2)))
    status, out, _ = palier("diagnose", files["csv"], tmp_path / "low.npy")
    head, *rows = out.splitlines()
    assert status == 0
    confidences = [f"{expected_probabilities(mean).max():.1%}" for mean in (0.5, -0.5)]
    assert head.split() == [
        "file",
        "diagnosis",
        "confidence",
        "windows",
        "like",
        "training",
        "data",
        "rate,",
        "Hz",
        "RMS",
    ]
    assert [row.split() for row in rows] == [
        ["high.csv", "High", confidences[0], "1", "yes", "2048", "assumed", "0.0707"],
        ["low.npy", "Low", confidences[1], "2", "yes", "2048", "assumed", "0.0707"],
    ]


def test_names_with_brackets_are_printed_as_they_are(palier: Run, files: dict[str, Path], tmp_path: Path) -> None:
    odd = tmp_path / "[bold]x[b].csv"
    odd.write_bytes(files["csv"].read_bytes())
    assert str(odd) in palier("diagnose", odd)[1]
    assert odd.name in palier("diagnose", odd, files["csv"])[1]


def test_options_reach_the_engine(palier: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("DE,FE\n" + csv_text([tone(-0.5, 2), tone(0.5, 2)]))
    for channel, expected in (("DE", "low"), ("FE", "high"), ("1", "high")):
        _, out, _ = palier(
            "diagnose",
            tmp_path / "a.csv",
            "--channel",
            channel,
            "--sample-rate-hz",
            "4096",
            "--model",
            "tiny",
            "--json",
        )
        (diagnosis,) = json.loads(out)["diagnoses"]
        assert (diagnosis["class_id"], diagnosis["windows"]) == (expected, 1)


def test_every_channel_is_diagnosed_side_by_side(palier: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("DE,FE\n" + csv_text([tone(0.5), tone(-0.5)]))
    status, out, err = palier("diagnose", path, "--channel", "all", "--json")
    (answer,) = json.loads(out)["diagnoses"]
    assert (status, err, answer["file"]) == (0, "", str(path))
    assert [one["class_id"] for one in answer["predictions"]] == ["high", "low"]
    assert (answer["batch_size"], answer["channels"]) == (2, ["DE", "FE"])
    assert answer["worst"] in ({"index": 0, "channel": "DE"}, {"index": 1, "channel": "FE"})
    head, *rows = palier("diagnose", path, "--channel", "all")[1].splitlines()
    assert head.split()[:3] == ["file", "channel", "diagnosis"]
    worst = answer["worst"]["index"]
    names = [["a.csv", name, *(["(worst)"] if place == worst else [])] for place, name in enumerate(("DE", "FE"))]
    assert [row.split()[: len(name)] for row, name in zip(rows, names, strict=True)] == names


def test_a_dead_channel_is_named_beside_the_others(palier: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("DE,FE\n" + csv_text([tone(0.5), 0 * tone()]))
    status, out, err = palier("diagnose", tmp_path / "a.csv", "--channel", "all")
    assert (status, out.splitlines()[1].split()[:3]) == (0, ["a.csv", "DE", "High"])
    assert "Channel 'FE' is not diagnosed: The signal is constant" in out + err


def test_every_channel_of_several_files_is_a_row(palier: Run, files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "b.npy").write_bytes(npy_bytes(np.stack([tone(0.5), tone(-0.5)])))
    status, out, _ = palier("diagnose", tmp_path / "b.npy", files["wav"], tmp_path / "absent.npy", "--channel", "all")
    rows = [row.split() for row in out.splitlines()[1:]]
    assert status == 2
    assert [[row[0], *(cell for cell in row[1:4] if cell in ("0", "1", "High", "Low", "not"))] for row in rows] == [
        ["b.npy", "0", "High"],
        ["b.npy", "1", "Low"],
        ["high.wav", "0", "High"],
        ["absent.npy", "not"],
    ]


def test_a_note_of_the_file_is_shown(palier: Run, files: dict[str, Path]) -> None:
    content = wav_bytes(tone(0.5, windows=2))
    files["wav"].write_bytes(content[:-4000])
    sentence = "The file is cut short: 12384 of 16384 bytes of samples are there."
    assert palier("diagnose", files["wav"])[1].splitlines()[-1] == f"  {sentence}"
    assert palier("diagnose", files["wav"], files["csv"])[1].splitlines()[-1] == f"high.wav: {sentence}"


def test_full_scale_stretches_integer_wav(palier: Run, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(tone(0.125, amplitude=0.01), subtype="PCM_16"))
    _, out, _ = palier("diagnose", tmp_path / "a.wav", "--full-scale", "4", "--json")
    assert json.loads(out)["diagnoses"][0]["confidence"] == pytest.approx(expected_probabilities(0.5)[0], abs=1e-3)


def test_raw_files_may_be_int16(palier: Run, tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(np.rint(tone(0.125, amplitude=0.01) * 32_768).astype("<i2").tobytes())
    given = ("--full-scale", "4", "--sample-format", "int16")
    _, out, _ = palier("diagnose", tmp_path / "a.raw", *given, "--json")
    assert json.loads(out)["diagnoses"][0]["confidence"] == pytest.approx(expected_probabilities(0.5)[0], abs=1e-3)


@pytest.mark.parametrize(
    ("name", "content", "reason", "code"),
    [
        ("absent.csv", None, "It cannot be opened: No such file or directory.", "file_unreadable"),
        ("folder.csv", "folder", "It cannot be opened: Is a directory.", "file_unreadable"),
        (
            "a.mp3",
            b"x",
            "'a.mp3' ends in nothing known, and its content shows no format: state it with --format.",
            "unsupported_media_type",
        ),
        ("a.csv", b"", "The request body is empty: send a recording.", "empty_body"),
        ("a.csv", b"one\nword\n", "The text has no row of numbers: line 2, the last, is 'word'", "malformed_body"),
        (
            "a.npy",
            npy_bytes(tone()[:-1]),
            "The signal has 2047 samples at 2048 Hz, 0.9995 s; one window needs 2048, 1 s.",
            None,
        ),
        ("a.npy", npy_bytes(np.zeros(2048, np.float32)), "The signal is constant", "signal_constant"),
        ("a.mat", b"not MATLAB", "The file cannot be read as MATLAB", "malformed_body"),
    ],
)
def test_a_file_that_cannot_be_diagnosed_is_named_with_its_reason(
    palier: Run, tmp_path: Path, name: str, content: Any, reason: str, code: str | None
) -> None:
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    status, out, err = palier("diagnose", path, "--json")
    (outcome,) = json.loads(out)["diagnoses"]
    assert status == 2
    assert err.startswith(f"palier: {path}: {reason}")
    assert err.count("\n") == 1
    assert outcome["code"] == (code or "signal_too_short")
    assert set(outcome) == {"file", "error", "code"}


def test_a_bad_file_stops_no_other(palier: Run, files: dict[str, Path], tmp_path: Path) -> None:
    status, out, err = palier("diagnose", tmp_path / "absent.npy", files["csv"])
    rows = out.splitlines()[1:]
    assert status == 2
    assert rows[0].split() == ["absent.npy", "not", "diagnosed"]
    assert rows[1].split()[:2] == ["high.csv", "High"]
    assert err == f"palier: {tmp_path / 'absent.npy'}: It cannot be opened: No such file or directory.\n"


def test_a_mat_that_ends_its_reader_stops_no_other(palier: Run, files: dict[str, Path], tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "broken.mat", {"x": np.zeros((1, 300))})
    content = bytearray((tmp_path / "broken.mat").read_bytes())
    # The type of the element that holds the samples: SciPy follows an entry of its table that is none.
    content[176] = 52
    (tmp_path / "broken.mat").write_bytes(content)
    status, out, err = palier("diagnose", tmp_path / "broken.mat", files["mat"], files["csv"], "--variable", "x")
    assert status == 2
    assert [row.split()[:2] for row in out.splitlines()[1:]] == [
        ["broken.mat", "not"],
        ["high.mat", "High"],
        ["high.csv", "High"],
    ]
    assert err.startswith(f"palier: {tmp_path / 'broken.mat'}: The file cannot be read as MATLAB: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("shape", [(10**8, 0), (0, 2048)])
def test_samples_of_no_bytes_are_one_line(palier: Run, tmp_path: Path, shape: tuple[int, int]) -> None:
    np.save(tmp_path / "a.npy", np.empty(shape, np.float32))
    status, out, err = palier("diagnose", tmp_path / "a.npy")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"palier: {tmp_path / 'a.npy'}: ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--sample-rate-hz", "0"), "The option 'sample_rate_hz' must be a number above 0."),
        (("--sample-rate-hz", "99"), "The sample rate 99 Hz is outside 100 to 1e+06 Hz."),
        (("--full-scale", "0"), "The option 'full_scale' must be a number above 0 up to"),
        (("--model", "absent"), "There is no model 'absent'; the models here: tiny, tiny-pair, tiny-plain."),
        (("--channel", "7"), "There is no channel '7'; the channels are: 0."),
    ],
)
def test_an_option_that_cannot_be_is_one_line(
    palier: Run, files: dict[str, Path], arguments: tuple[str, ...], reason: str
) -> None:
    status, _, err = palier("diagnose", files["npy"], *arguments)
    assert status == 2
    assert reason in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("stated", "given", "used"), [(25.0, (), 1500), (25.0, ("--shaft-speed-rpm", "1440"), 1440)])
def test_the_speed_that_a_file_states_reaches_the_answer(
    palier: Run, tmp_path: Path, stated: float, given: tuple[str, ...], used: float
) -> None:
    """As the files of MFPT have it: `rate` is the shaft's, in Hz."""
    scipy.io.savemat(
        tmp_path / "baseline.mat", {"bearing": {"gs": tone(0.5, 4)[:, None], "sr": 2048.0, "rate": stated}}
    )
    status, out, err = palier("diagnose", tmp_path / "baseline.mat", "--bearing", "6205", *given, "--json")
    (answer,) = json.loads(out)["diagnoses"]
    assert (status, err) == (0, "")
    assert answer["shaft_speed_used_rpm"] == pytest.approx(used, rel=0.05)
    assert [line["name"] for line in answer["evidence"]] == ["BPFO", "BPFI", "BSF", "FTF"]


def test_of_several_rates_in_a_file_the_given_one_is_used(palier: Run, tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"x": tone(0.5), "fs": 2048.0, "sr": 1024.0})
    status, _, err = palier("diagnose", tmp_path / "a.mat")
    assert status == 2
    assert "The file states several sample rates, 2048 Hz, 1024 Hz: " in err
    status, out, _ = palier("diagnose", tmp_path / "a.mat", "--sample-rate-hz", "2048", "--json")
    assert (status, json.loads(out)["diagnoses"][0]["recording"]["sample_rate_source"]) == (0, "option")


def test_several_signals_in_a_mat_ask_for_a_choice(palier: Run, files: dict[str, Path]) -> None:
    status, _, err = palier("diagnose", files["mat"])
    assert status == 2
    assert (
        "Choose one of several signals by its name with --variable: there are x (2048 samples), other (4096 samples)."
        in err
    )


def test_models_are_listed(palier: Run) -> None:
    status, out, _ = palier("models")
    rows = [row.split() for row in out.splitlines()[1:]]
    assert status == 0
    assert [(row[0], row[1], row[-1] == "default") for row in rows] == [
        ("tiny", "10", True),
        ("tiny-pair", "1", False),
        ("tiny-plain", "1", False),
    ]


def test_models_are_listed_as_json(palier: Run) -> None:
    status, out, _ = palier("models", "--json")
    assert status == 0
    assert [model["name"] for model in json.loads(out)["models"]] == ["tiny", "tiny-pair", "tiny-plain"]


@pytest.mark.parametrize(("name", "text"), [("PALIER_MAX_WINDOWS", "few"), ("PALIER_CORS_ORIGINS", "no list")])
def test_wrong_settings_are_one_line_that_names_the_variable(
    palier: Run, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    status, out, err = palier("models")
    assert (status, out) == (2, "")
    assert err.startswith("palier: ")
    assert name.removeprefix("PALIER_").lower() in err.lower()
    assert err.count("\n") == 1


@pytest.mark.parametrize(("arguments", "status"), [(("--version",), 0), (("--help",), 0), ((), 2), (("sing",), 2)])
def test_the_parser_ends_as_usual(arguments: tuple[str, ...], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == status
    assert (f"palier {VERSION}" in capsys.readouterr().out) is (arguments == ("--version",))
