"""Peak memory, measured for real: the child process loads onnxruntime, or PyTorch, and a file."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from build_scripts.benchmarks.variants import memory
from build_scripts.benchmarks.variants.memory import MemoryNotMeasuredError, main, peak_memory

MB = 1_000_000
SHAPE = (1, 1, 4000)

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux has /proc")


def linear_model(path: Path, outputs: int) -> Path:
    """One matrix product of 4000 by `outputs` weights, float32."""
    weights = np.ones((4000, outputs), np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["signal", "weights"], ["logits"])],
        "linear",
        [helper.make_tensor_value_info("signal", TensorProto.FLOAT, [None, 1, 4000])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [None, 1, outputs])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, path)
    return path


def test_a_model_with_64_mb_of_weights_takes_that_much_more(tmp_path: Path) -> None:
    small = peak_memory(linear_model(tmp_path / "small.onnx", 10), "onnx", SHAPE)
    large = peak_memory(linear_model(tmp_path / "large.onnx", 4000), "onnx", SHAPE)
    assert 0 < small.rise_bytes < 40 * MB
    assert large.rise_bytes - small.rise_bytes > 55 * MB
    assert abs(large.runtime_bytes - small.runtime_bytes) < 10 * MB


def test_a_saved_module_is_weighed_too(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(4000, 4000, bias=False), tmp_path / "linear.pt")
    peak = peak_memory(tmp_path / "linear.pt", "pytorch", SHAPE)
    assert peak.rise_bytes > 55 * MB
    assert peak.runtime_bytes > 0


def test_what_this_process_holds_does_not_count(tmp_path: Path) -> None:
    path = linear_model(tmp_path / "small.onnx", 10)
    held = np.ones(25 * MB, np.float32)
    assert peak_memory(path, "onnx", SHAPE).rise_bytes < 40 * MB
    assert held.all()


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(MemoryNotMeasuredError, match=r"its process failed: .* its file is missing, damaged"):
        peak_memory(tmp_path / "none.onnx", "onnx", SHAPE)


def test_without_proc_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_CLEAR", tmp_path / "none")
    with pytest.raises(MemoryNotMeasuredError, match="only Linux"):
        peak_memory(tmp_path / "any.onnx", "onnx", SHAPE)


def test_the_command_writes_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = linear_model(tmp_path / "small.onnx", 10)
    assert main(["onnx", str(path), "1", "1", "4000"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"rise_bytes", "runtime_bytes"}
