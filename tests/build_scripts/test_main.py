import json
from pathlib import Path

import numpy as np
import pytest

from build_scripts.__main__ import main
from build_scripts.build_cli.commands.table import COMMANDS
from build_scripts.build_cli.parser import CHECKPOINTS, MODELS, make_parser
from build_scripts.data.records import RecordSet, read_records, write_records
from build_scripts.export.export import ExportedModel
from tests.build_scripts.recipes.test_cross_validate import write_recordings


@pytest.fixture(scope="session")
def records_path(records: RecordSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_records(records, tmp_path_factory.mktemp("data") / "records.npz")


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error that is no progress bar."""
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line and "%|" not in line)
    return line


@pytest.mark.parametrize("step", COMMANDS)
def test_every_step_has_help(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        make_parser().parse_args([step, "--help"])
    assert stopped.value.code == 0
    assert f"python -m build_scripts {step}" in capsys.readouterr().out


def test_simulate_writes_records_and_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, examples = tmp_path / "new" / "records.npz", tmp_path / "examples"
    status = run(
        "simulate", "--out", out, "--examples", examples, "--records-per-cell", "1", "--seed", "5", "--workers", "1"
    )
    assert status == 0
    assert len(read_records(out)) == 44
    assert len(list(examples.glob("*.wav"))) == 11
    assert "written" in capsys.readouterr().out


def test_simulate_asks_where_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("simulate") == 2
    assert error_line(capsys) == "simulate: nothing to write: give --out FILE (records) or --examples DIR (WAV files)."


def test_evaluate_prints_one_json_object(records_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evaluate", "--data", records_path, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["model"], report["records"]) == ("journal-bearing", 44)
    assert set(report["variants"]["int8"]) >= {"record_accuracy", "window_accuracy"}


def test_evaluate_reads_recordings_of_unequal_length(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_recordings(tmp_path / "recordings.npz", (0, 3), samples=5000)
    assert run("evaluate", "--model", "rolling-bearing", "--data", tmp_path / "recordings.npz", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["model"], report["records"]) == ("rolling-bearing", 20)
    assert len(report["variants"]["int8"]["per_class"]) == 10


def test_evaluate_prints_a_table_of_classes(records_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evaluate", "--data", records_path) == 0
    printed = capsys.readouterr().out
    assert "journal-bearing 2, 44 records" in printed
    assert "oil_whirl" in printed


def test_a_file_of_another_form_fails_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "bad.npz", q=np.zeros((1, 10), np.int16))
    assert run("evaluate", "--data", tmp_path / "bad.npz") == 1
    assert error_line(capsys).startswith("evaluate: ")


def test_a_missing_file_fails_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evaluate", "--data", tmp_path / "none.npz") == 1
    assert "none.npz" in error_line(capsys)


def test_an_unknown_model_fails_with_one_line(records_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evaluate", "--data", records_path, "--model", "nothing") == 1
    assert error_line(capsys).startswith("evaluate: There is no model 'nothing'")


def test_an_unknown_recipe_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("package", "--model", "nothing") == 1
    assert error_line(capsys) == "package: There is no recipe 'nothing'; the recipes: journal-bearing, rolling-bearing."


@pytest.mark.usefixtures("work")
def test_the_shipped_version_is_not_replaced_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("package") == 1
    assert "exists; package another version, or replace it with --force." in error_line(capsys)


def test_export_quantize_and_calibrate_by_hand(
    checkpoint_path: Path, records_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fp32, int8 = tmp_path / "fp32.onnx", tmp_path / "int8.onnx"
    assert run("export", "--checkpoint", checkpoint_path, "--out", fp32) == 0
    assert run("quantize", "--model", fp32, "--data", records_path, "--windows", "8", "--out", int8) == 0
    capsys.readouterr()
    assert run("calibrate", "--model", int8, "--fitting", records_path, "--unseen", records_path, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["temperature"] > 0
    assert set(report["scores"]) == {"mean", "evidence"}


def test_another_technique_by_hand_needs_no_data(
    exported: ExportedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    half = ("--model", exported.path, "--method", "half", "--json")
    assert run("quantize", *half, "--out", tmp_path / "fp16.onnx") == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["size_bytes"]) == {"fp32", "fp16"}
    assert report["size_ratio"] < 0.7
    assert run("quantize", "--model", exported.path, "--out", tmp_path / "int8.onnx") == 1
    assert error_line(capsys) == "quantize: Static quantization needs calibration windows."


def test_a_file_that_is_no_model_fails_with_one_line(
    exported: ExportedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported.path.exists()
    assert run("export", "--checkpoint", exported.path, "--out", tmp_path / "out.onnx") == 1
    assert "is not a readable checkpoint" in error_line(capsys)


def test_an_unknown_step_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["bake"])
    assert stopped.value.code == 2
    assert "bake" in capsys.readouterr().err


def test_benchmark_variants_takes_the_shipped_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def report(models: Path, name: str, checkpoint: Path, *, quick: bool) -> dict[str, object]:
        asked.extend((models, name, checkpoint, quick))
        return {"model": name}

    monkeypatch.setattr("build_scripts.benchmarks.variants.packaged.benchmark_package", report)
    assert run("benchmark", "--variants", "--model", "rolling-bearing", "--quick", "--json") == 0
    assert asked == [MODELS, "rolling-bearing", CHECKPOINTS / "rolling-bearing.pt", True]
