from pathlib import Path

import numpy as np
import pytest

from build_scripts.errors import QuantizationError
from build_scripts.quantization.deviation import logit_deviation
from build_scripts.quantization.operators import executed_operators
from build_scripts.quantization.weights import quantize_weights, quantized_weights
from functions.core.preprocessing.arrays import Float32Array


def test_arithmetic_stays_float32(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    path = quantize_weights(fp32, tmp_path / "weights.onnx")
    operators = executed_operators(path)
    assert (operators["DequantizeLinear"], operators["FusedConv"]) == (4, 3)
    assert (operators["QuantizeLinear"], operators["QLinearConv"]) == (0, 0)
    assert logit_deviation(fp32, path, windows).max_abs_difference < 0.01
    assert path.stat().st_size < 0.5 * fp32.stat().st_size


def test_an_excluded_layer_stays_float32(fp32: Path, convolutions: list[str], tmp_path: Path) -> None:
    path = quantize_weights(fp32, tmp_path / "weights.onnx", exclude=convolutions)
    assert executed_operators(path)["DequantizeLinear"] == 1


def test_values_are_within_half_a_step_of_their_scale() -> None:
    weights = np.array([[1.0, -0.25], [0.02, 0.015], [0.0, 0.0]], np.float32)
    counts, scale = quantized_weights(weights, 0, 8)
    assert counts.tolist() == [[127, -32], [127, 95], [0, 0]]
    np.testing.assert_allclose(scale, [1 / 127, 0.02 / 127, 1.0], rtol=1e-6)
    counts, scale = quantized_weights(weights, None, 4)
    assert (counts.tolist(), scale.shape) == ([[7, -2], [0, 0], [0, 0]], ())


def test_bits_that_do_not_fit_are_refused(fp32: Path, tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="Weights of 9 bits do not fit int8; take 2 to 8"):
        quantize_weights(fp32, tmp_path / "weights.onnx", bits=9)
