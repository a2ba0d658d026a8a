from pathlib import Path

import numpy as np
import pytest

from build_scripts.quantization.half import quantize_to_half
from build_scripts.quantization.half_rounded import rounded_model, runnable
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.quantization.chain import write_chain


def logits(model: Path | bytes, windows: Float32Array) -> Float32Array:
    return OnnxEngine(model).run(windows).logits


def test_what_a_gpu_would_store_as_infinity_is_infinite(tmp_path: Path) -> None:
    source = write_chain(tmp_path / "fp32.onnx", {"first": 300.0, "second": 300.0, "third": 1 / 90000})
    half, windows = quantize_to_half(source, tmp_path / "fp16.onnx"), np.ones((1, 1, 4), np.float32)
    assert np.isfinite(logits(half, windows)).all(), "the CPU provider keeps float32 between the layers"
    assert logits(runnable(source.read_bytes()), windows) == pytest.approx(1.0)
    assert runnable(half.read_bytes()) == rounded_model(half.read_bytes())
    assert not np.isfinite(logits(rounded_model(half.read_bytes()), windows)).any()


def test_every_stored_value_is_that_of_numpy_s_float16(tmp_path: Path) -> None:
    factors = {"first": 0.3, "second": 1.7, "third": 2.9}
    source = write_chain(tmp_path / "fp32.onnx", factors)
    windows = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 1, 4)
    wanted = windows[:, 0].astype(np.float16)
    for factor in factors.values():
        wanted = (wanted.astype(np.float32) * np.float16(factor).astype(np.float32)).astype(np.float16)
    given = logits(rounded_model(quantize_to_half(source, tmp_path / "fp16.onnx").read_bytes()), windows)
    np.testing.assert_array_equal(given, wanted.astype(np.float32))


@pytest.mark.parametrize("value", [1e-9, -1e-9])
def test_what_is_too_small_becomes_zero(tmp_path: Path, value: float) -> None:
    source = write_chain(tmp_path / "fp32.onnx", {"first": 1.0, "second": 2.0})
    rounded = rounded_model(quantize_to_half(source, tmp_path / "fp16.onnx").read_bytes())
    assert logits(rounded, np.full((1, 1, 4), value, np.float32)).tolist() == [[0.0] * 4]
