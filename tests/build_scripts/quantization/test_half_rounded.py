from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from build_scripts.quantization.half import quantize_to_half
from build_scripts.quantization.half_rounded import rounded_model
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array


def products(path: Path, factors: list[float]) -> Path:
    """Write a float32 model that multiplies by a diagonal matrix again and again."""
    names = ["signal", *(f"value{index}" for index in range(1, len(factors))), "logits"]
    nodes = [
        helper.make_node("MatMul", [names[index], f"factor{index}"], [names[index + 1]], f"product{index}")
        for index in range(len(factors))
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 4]) for name in ("signal", "logits")]
    tensors = [
        numpy_helper.from_array(np.diag(np.full(4, value, np.float32)), f"factor{index}")
        for index, value in enumerate(factors)
    ]
    graph = helper.make_graph(nodes, "products", ends[:1], ends[1:], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def logits(model: Path | bytes, windows: Float32Array) -> Float32Array:
    return OnnxEngine(model).run(windows).logits


def test_what_a_gpu_would_store_as_infinity_is_infinite(tmp_path: Path) -> None:
    source = products(tmp_path / "fp32.onnx", [300.0, 300.0, 1 / 90000])
    half, windows = quantize_to_half(source, tmp_path / "fp16.onnx"), np.ones((1, 4), np.float32)
    assert np.isfinite(logits(half, windows)).all(), "the CPU provider keeps float32 between the layers"
    assert np.isinf(logits(rounded_model(half), windows)).all()


def test_every_stored_value_is_that_of_numpy_s_float16(tmp_path: Path) -> None:
    source = products(tmp_path / "fp32.onnx", [0.3, 1.7, 2.9])
    windows = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)
    wanted = windows.astype(np.float16)
    for factor in (0.3, 1.7, 2.9):
        wanted = (wanted.astype(np.float32) * np.float16(factor).astype(np.float32)).astype(np.float16)
    given = logits(rounded_model(quantize_to_half(source, tmp_path / "fp16.onnx")), windows)
    np.testing.assert_array_equal(given, wanted.astype(np.float32))


@pytest.mark.parametrize("value", [1e-9, -1e-9])
def test_what_is_too_small_becomes_zero(tmp_path: Path, value: float) -> None:
    source = products(tmp_path / "fp32.onnx", [1.0, 2.0])
    rounded = rounded_model(quantize_to_half(source, tmp_path / "fp16.onnx"))
    assert logits(rounded, np.full((1, 4), value, np.float32)).tolist() == [[0.0] * 4]
