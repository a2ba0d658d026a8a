from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.errors import QuantizationError
from build_scripts.quantization.deviation import logit_deviation
from build_scripts.quantization.dynamic import quantize_dynamically
from build_scripts.quantization.operators import executed_operators
from functions.core.preprocessing.arrays import Float32Array


@pytest.mark.parametrize("weights", ["uint8", "int8"])
def test_weights_have_the_type_asked_for(weights: str, fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    path = quantize_dynamically(fp32, tmp_path / "dynamic.onnx", weights)
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    assert {array.dtype for array in arrays if array.ndim == 4} == {np.dtype(weights)}
    assert executed_operators(path)["ConvInteger"] == 3
    assert logit_deviation(fp32, path, windows).max_abs_difference < 0.02


def test_an_excluded_layer_stays_float32(fp32: Path, convolutions: list[str], tmp_path: Path) -> None:
    operators = executed_operators(quantize_dynamically(fp32, tmp_path / "dynamic.onnx", exclude=convolutions[:1]))
    assert (operators["ConvInteger"], operators["Conv"] + operators["FusedConv"]) == (2, 1)


def test_another_type_is_refused(fp32: Path, tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="Dynamic weights are uint8 or int8, not 'int4'"):
        quantize_dynamically(fp32, tmp_path / "dynamic.onnx", "int4")
