"""Optimization of files: a user's Conv1d network, every level, saved and loaded again as it stands."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from build_scripts.__main__ import main
from build_scripts.errors import DataError
from build_scripts.export import optimize as optimize_step
from build_scripts.export.export import ExportedModel
from build_scripts.export.onnx_file import properties
from build_scripts.export.optimize import cpu_family, length_of, optimize, speed_ratio
from build_scripts.export.passes.sequence import PassFailed
from build_scripts.export.passes.session import session
from build_scripts.export.torch_export import traced
from build_scripts.measuring.latency import Latency, Rounds

LENGTH = 200


class TwoBranches(nn.Module):
    """A user's network: a strided stem, a residual branch, a dilated branch of groups, two poolings joined."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(2, 16, 9, 2, 4), nn.BatchNorm1d(16), nn.ReLU(), nn.MaxPool1d(2))
        self.left = nn.Conv1d(16, 16, 3, padding=1)
        self.right = nn.Conv1d(16, 16, 3, padding=4, dilation=4, groups=4, bias=False)
        self.head = nn.Linear(32, 3)

    def forward(self, signal: Tensor) -> Tensor:
        hidden = self.stem(signal)
        joined = torch.cat([torch.relu(self.left(hidden) + hidden), torch.relu(self.right(hidden))], dim=1)
        logits: Tensor = self.head(joined.mean(dim=2))
        return logits


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return TwoBranches().eval()


@pytest.fixture(scope="module")
def source(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "user.onnx"
    model = traced(network, torch.zeros(2, 2, LENGTH), ("scores",), dynamic=(0, 2))
    onnx.helper.set_model_props(model, {"window": str(LENGTH)})
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("level", ["basic", "extended", "all"])
def test_a_file_loaded_as_it_stands_answers_as_pytorch_does(
    network: nn.Module, source: Path, tmp_path: Path, level: str
) -> None:
    given = source.read_bytes()
    optimized = optimize(source, tmp_path / "new" / "optimized.onnx", level)
    signal = torch.randn(3, 2, 333)
    (scores,) = session(onnx.load(optimized.path), "off").run(None, {"signal": signal.numpy()})
    np.testing.assert_allclose(scores, network(signal).detach().numpy(), atol=1e-5)
    assert source.read_bytes() == given
    assert optimized.max_abs_difference <= 1e-5


def test_the_report_counts_operators_and_bytes(source: Path, tmp_path: Path) -> None:
    optimized = optimize(source, tmp_path / "m.onnx", "extended")
    before, after = optimized.operators["before"], optimized.operators["after"]
    assert before["Conv"] == 3
    assert after.get("Conv", 0) + after["com.microsoft.FusedConv"] == 3
    assert (after["Unsqueeze"], after["Squeeze"]) == (1, 1)
    assert optimized.size_bytes == {"before": source.stat().st_size, "after": optimized.path.stat().st_size}


def test_the_file_and_the_report_say_what_they_were_made_on(source: Path, tmp_path: Path) -> None:
    optimized = optimize(source, tmp_path / "m.onnx")
    known = properties(onnx.load(optimized.path))
    assert optimized.cpu == known["optimized_for_cpu"] == cpu_family()
    assert optimized.level == known["optimization_level"] == "all"
    assert known["optimized_by"].startswith("onnxruntime 1.")
    assert known["window"] == str(LENGTH)


def test_a_model_of_this_project_keeps_what_it_is(exported: ExportedModel, tmp_path: Path) -> None:
    optimized = optimize(exported.path, tmp_path / "m.onnx", "basic")
    assert properties(onnx.load(optimized.path)).items() >= properties(onnx.load(exported.path)).items()
    assert [value.name for value in onnx.load(optimized.path).graph.output] == ["logits", "distance"]


def test_the_source_is_never_written_over(source: Path) -> None:
    with pytest.raises(ValueError, match="a step never changes its input"):
        optimize(source, source.parent / "." / source.name)


def test_a_pass_that_changes_the_answer_writes_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Louder:
        name = "louder"

        def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
            changed = onnx.ModelProto()
            changed.CopyFrom(model)
            for tensor in changed.graph.initializer:
                if tensor.data_type == onnx.TensorProto.FLOAT:
                    array = onnx.numpy_helper.to_array(tensor) * np.float32(1.1)
                    tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
            return changed

    monkeypatch.setattr(optimize_step, "HeightOne", Louder)
    with pytest.raises(PassFailed, match=r"Pass louder failed: outputs differ by 0\.\d+, limit \S+\."):
        optimize(source, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    with pytest.raises(DataError, match="is not an ONNX file"):
        optimize(tmp_path / "bad.onnx", tmp_path / "m.onnx")


def test_the_length_tried_is_the_window_the_file_names(source: Path) -> None:
    assert length_of(onnx.load(source)) == LENGTH
    assert length_of(onnx.ModelProto()) == 4096


@pytest.mark.parametrize("window", ["", "a second", "0", "-5", "1e4", "10000001", "9" * 5000])
def test_a_window_that_is_no_number_of_samples_is_named(window: str) -> None:
    model = onnx.ModelProto()
    onnx.helper.set_model_props(model, {"window": window})
    with pytest.raises(DataError, match=r"^The property 'window' .*; it is a number of samples from 1 to 10,000,000"):
        length_of(model)


def test_speed_is_the_source_s_median_over_the_optimized_one_s(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def timed(calls: Mapping[str, Callable[[], object]], rounds: Rounds) -> dict[str, Latency]:
        answers = {name: call() for name, call in calls.items()}
        np.testing.assert_array_equal(answers["source"], answers["optimized"])
        medians_ms = {"source": 3.0, "optimized": 2.0}
        return {name: Latency(medians_ms[name], 9.0, 9.0, 9.0, rounds.count * rounds.calls) for name in calls}

    assert 0 < speed_ratio(source, source, Rounds(1, 1)) < float("inf")
    monkeypatch.setattr(optimize_step, "interleaved", timed)
    assert speed_ratio(source, source, Rounds(1, 1)) == 1.5


def test_the_command_prints_one_json_object(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "m.onnx"
    assert main(["optimize", "--model", str(source), "--out", str(out), "--level", "basic", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["path"], report["level"], report["operators"]["before"]["Conv"]) == (str(out), "basic", 3)
    assert set(report) >= {"cpu", "max_abs_difference", "size_bytes", "speed_ratio"}


def test_the_command_names_what_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    assert main(["optimize", "--model", str(tmp_path / "bad.onnx"), "--out", str(tmp_path / "m.onnx")]) == 1
    assert capsys.readouterr().err.startswith("optimize: ")
