"""The command and what it reports."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from build_scripts.__main__ import main
from build_scripts.data.records import RecordSet, write_records
from build_scripts.networks.checkpoint import Checkpoint, load_checkpoint
from build_scripts.pruning.report import accuracy


@pytest.fixture(scope="module")
def records_path(records: RecordSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_records(records, tmp_path_factory.mktemp("records") / "records.npz")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pruned") / "new" / "sparse.pt"


@pytest.fixture(scope="module")
def report(checkpoint_path: Path, records_path: Path, out: Path) -> Any:
    """The command's output for half of the weights."""
    options = ("--unstructured", "0.5", "--epochs", "2", "--batch-size", "32", "--unseen", records_path, "--json")
    with redirect_stdout(io.StringIO()) as printed:
        assert prune(checkpoint_path, records_path, out, *options) == 0
    return json.loads(printed.getvalue())


def prune(checkpoint: Path, data: Path, out: Path, *options: str | Path) -> int:
    files = ("--checkpoint", checkpoint, "--data", data, "--out", out)
    return main(["prune", *(str(argument) for argument in (*files, *options))])


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error that is no progress bar."""
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line and "%|" not in line)
    return line


def test_the_report_says_what_was_done(report: Any, out: Path) -> None:
    assert (report["checkpoint"], report["kind"], report["share"]) == (str(out), "unstructured", 0.5)
    assert list(report["loss_of_epoch"]) == ["1", "2"]
    assert report["accuracy_on"] == "unseen"
    assert list(report["accuracy"]) == ["before", "pruned", "fine_tuned"]
    assert report["accuracy"]["fine_tuned"]["record_accuracy"] > 0.9


def test_the_written_checkpoint_is_what_was_measured(report: Any, out: Path, records: RecordSet) -> None:
    checkpoint, after = load_checkpoint(out), report["network"]["after"]
    zeros = sum(int((tensor == 0).sum()) for tensor in checkpoint.weights.values() if tensor.ndim > 1)
    assert after["parameters"] - after["nonzero_parameters"] == zeros == 2928
    assert after["sparsity"] == 0.5
    assert after["checkpoint_size_bytes"] == out.stat().st_size
    measured = accuracy(checkpoint, records)
    assert report["accuracy"]["fine_tuned"] == {"record_accuracy": measured.record, "window_accuracy": measured.window}


def test_zeros_shrink_the_compressed_files_only(report: Any) -> None:
    before, after = report["network"]["before"], report["network"]["after"]
    assert after["onnx_size_bytes"] == before["onnx_size_bytes"]
    assert after["onnx_gzip_bytes"] < 0.8 * before["onnx_gzip_bytes"]
    assert after["checkpoint_gzip_bytes"] < 0.8 * before["checkpoint_gzip_bytes"]
    assert after["multiply_accumulates"] == before["multiply_accumulates"]
    assert after["nonzero_multiply_accumulate_share"] < 0.8
    assert "neither onnxruntime faster nor a file smaller" in report["remark"]


def test_channels_shrink_the_files_and_the_table_shows_it(
    checkpoint_path: Path, records_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--structured", "0.5", "--norm", "1", "--multiple", "4", "--epochs", "1", "--batch-size", "32")
    assert prune(checkpoint_path, records_path, tmp_path / "small.pt", *options) == 0
    printed = capsys.readouterr().out
    assert [stage.channels for stage in load_checkpoint(tmp_path / "small.pt").network.stages] == [8, 12, 8]
    assert "accuracy on the training records" in printed
    assert "24, 3,456, 0.0%, 55,296" in printed
    assert "12, 864, 0.0%, 13,824" in printed
    assert "remark" not in printed
    (row,) = (line for line in printed.splitlines() if "onnx size bytes" in line)
    before, after = (int(cell) for cell in row.strip("│ ").split("│")[1:])
    assert after < 0.6 * before


def test_accuracy_is_the_share_right(checkpoint: Checkpoint, records: RecordSet) -> None:
    right = accuracy(checkpoint, records)
    wrong = accuracy(checkpoint, replace(records, label=(records.label + 1) % 3))
    assert right.record > 0.9
    assert right.record + wrong.record <= 1.0


@pytest.mark.parametrize("kinds", [(), ("--structured", "0.5", "--unstructured", "0.5")])
def test_one_kind_is_asked_for(
    kinds: tuple[str, ...],
    checkpoint_path: Path,
    records_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        prune(checkpoint_path, records_path, tmp_path / "none.pt", *kinds)
    assert stopped.value.code == 2
    assert "--unstructured" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--structured", "1.5"), "prune: The share to prune lies between 0 and 1, both left out; 1.5 does not."),
        (("--unstructured", "0.5", "--epochs", "0"), "prune: Fine-tuning needs at least one epoch, not 0."),
        (("--unstructured", "0.5", "--batch-size", "500"), "prune: 96 records do not fill a batch of 500."),
    ],
)
def test_what_cannot_be_done_fails_with_one_line_and_writes_nothing(
    options: tuple[str, ...],
    message: str,
    checkpoint_path: Path,
    records_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert prune(checkpoint_path, records_path, tmp_path / "none.pt", *options) == 1
    assert error_line(capsys) == message
    assert not (tmp_path / "none.pt").exists()


def test_files_of_another_form_fail_with_one_line(
    checkpoint_path: Path, records: RecordSet, records_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share = ("--structured", "0.5")
    assert prune(records_path, records_path, tmp_path / "none.pt", *share) == 1
    assert "is not a readable checkpoint" in error_line(capsys)
    other = write_records(replace(records, sample_rate_hz=50.0), tmp_path / "other.npz")
    assert prune(checkpoint_path, records_path, tmp_path / "none.pt", *share, "--unseen", other) == 1
    assert error_line(capsys) == "prune: The data has 50 samples/s, the model needs 1000."
    np.savez(tmp_path / "bad.npz", q=np.zeros((1, 10), np.int16))
    assert prune(checkpoint_path, tmp_path / "bad.npz", tmp_path / "none.pt", *share) == 1
    assert "lacks the arrays" in error_line(capsys)


def test_the_checkpoint_itself_is_never_replaced(
    checkpoint_path: Path, records_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = checkpoint_path.read_bytes()
    assert prune(checkpoint_path, records_path, checkpoint_path, "--structured", "0.5") == 2
    assert "a step never changes its input" in error_line(capsys)
    assert checkpoint_path.read_bytes() == content
