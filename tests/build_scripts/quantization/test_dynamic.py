from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.errors import QuantizationError
from build_scripts.quantization.deviation import logit_deviation
from build_scripts.quantization.dynamic import DynamicConfig, quantize_dynamically
from build_scripts.quantization.operators import executed_operators, integer_share
from functions.core.preprocessing.arrays import Float32Array


@pytest.mark.parametrize("weights", ["uint8", "int8"])
def test_weights_have_the_type_asked_for(weights: str, fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    path = quantize_dynamically(fp32, tmp_path / "dynamic.onnx", DynamicConfig(weights, scope="layers"))
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    assert {array.dtype for array in arrays if array.ndim == 4} == {np.dtype(weights)}
    assert executed_operators(path)["ConvInteger"] == 3
    assert logit_deviation(fp32, path, windows).max_abs_difference < 0.02


def test_an_excluded_layer_stays_float32(fp32: Path, convolutions: list[str], tmp_path: Path) -> None:
    config = DynamicConfig(scope="layers", exclude=tuple(convolutions[:1]))
    operators = executed_operators(quantize_dynamically(fp32, tmp_path / "dynamic.onnx", config))
    assert (operators["ConvInteger"], operators["Conv"] + operators["FusedConv"]) == (2, 1)


def test_another_type_is_refused(fp32: Path, tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="Dynamic weights are uint8 or int8, not 'int4'"):
        quantize_dynamically(fp32, tmp_path / "dynamic.onnx", DynamicConfig("int4"))


def test_convolutions_stay_float32_unless_they_are_asked_for(fp32: Path, tmp_path: Path) -> None:
    operators = executed_operators(quantize_dynamically(fp32, tmp_path / "dynamic.onnx"))
    assert operators["ConvInteger"] == 0
    assert operators["Conv"] + operators["FusedConv"] == 3


def test_an_excluded_linear_layer_stays_float32(network_file: Callable[[str], Path], tmp_path: Path) -> None:
    source = network_file("linear")
    first = next(node.name for node in onnx.load(source).graph.node if node.op_type == "Gemm")
    path = quantize_dynamically(source, tmp_path / "dynamic.onnx", DynamicConfig(exclude=(first,)))
    # The head alone: the distance's layer stays float32 as well.
    assert integer_share(path) == 1 / 3


@pytest.mark.parametrize(
    ("config", "largest"),
    [
        (DynamicConfig("int8"), 64),
        (DynamicConfig("int8", reduce_range=False), 127),
        (DynamicConfig("uint8"), 255),
    ],
)
def test_weights_that_avx2_adds_up_in_sixteen_bits_have_seven(
    config: DynamicConfig, largest: int, network_file: Callable[[str], Path], tmp_path: Path
) -> None:
    path = quantize_dynamically(network_file("linear"), tmp_path / "dynamic.onnx", config)
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    found = [int(np.abs(one.astype(int)).max()) for one in arrays if one.dtype.itemsize == 1 and one.ndim == 2]
    assert max(found) == largest


def test_weights_of_an_lstm_have_seven_bits_whatever_the_others_have(
    network_file: Callable[[str], Path], tmp_path: Path
) -> None:
    path = quantize_dynamically(network_file("lstm"), tmp_path / "dynamic.onnx", DynamicConfig("uint8"))
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    assert {int(np.abs(one.astype(int)).max()) for one in arrays if one.dtype == "int8" and one.ndim == 3} == {64}


def test_a_small_head_behind_an_lstm_stays_float32(network_file: Callable[[str], Path], tmp_path: Path) -> None:
    source = network_file("lstm")
    operators = executed_operators(quantize_dynamically(source, tmp_path / "dynamic.onnx"))
    assert (operators["DynamicQuantizeLSTM"], operators["DynamicQuantizeMatMul"]) == (1, 0)
