from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from build_scripts.errors import QuantizationError
from build_scripts.quantization.deviation import logit_deviation
from build_scripts.quantization.half import quantize_to_half
from functions.core.preprocessing.arrays import Float32Array


def weights(path: Path) -> list[np.dtype[np.generic]]:
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    return [array.dtype for array in arrays if array.ndim == 4]


def test_convolutions_are_half_and_the_ends_are_float32(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    path = quantize_to_half(fp32, tmp_path / "fp16.onnx")
    graph = onnx.load(path).graph
    assert weights(path) == [np.float16] * 3
    assert {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)} == {TensorProto.FLOAT}
    assert logit_deviation(fp32, path, windows).max_abs_difference < 2e-3
    assert path.stat().st_size < 0.7 * fp32.stat().st_size


def test_an_excluded_layer_stays_float32(fp32: Path, convolutions: list[str], tmp_path: Path) -> None:
    path = quantize_to_half(fp32, tmp_path / "fp16.onnx", exclude=convolutions[1:2])
    assert sorted(map(str, weights(path))) == ["float16", "float16", "float32"]


def test_a_model_without_layers_is_refused(tmp_path: Path) -> None:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("signal", "logits")]
    graph = helper.make_graph([helper.make_node("Sin", ["signal"], ["logits"])], "empty", value[:1], value[1:])
    onnx.save(helper.make_model(graph), tmp_path / "empty.onnx")
    with pytest.raises(QuantizationError, match="has no layer to convert to float16"):
        quantize_to_half(tmp_path / "empty.onnx", tmp_path / "fp16.onnx")
