from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from build_scripts.quantization.layers import layer_weights, side_layers, with_float_outputs
from tests.support.onnx_graphs import graph, node, operators, scalar


def test_what_the_distance_alone_needs_is_beside_the_logits(network_file: Callable[[str], Path]) -> None:
    model = onnx.load(network_file("linear"))
    side = {one.op_type for one in model.graph.node if one.name in side_layers(model)}
    assert side == {"Gemm", "Pow", "ReduceMean"}
    assert len(side_layers(model)) == 3


@pytest.mark.parametrize(
    ("network", "weights"),
    [
        ("linear", {"Gemm": 512 * 32 + 32 + 32 * 4 + 4}),
        ("lstm", {"LSTM": 4 * 24 * (32 + 24 + 2), "Gemm": 24 * 4 + 4}),
        ("gru", {"GRU": 3 * 24 * (32 + 24 + 2), "Gemm": 24 * 4 + 4}),
    ],
)
def test_weights_are_counted_by_operator(
    network: str, weights: dict[str, int], network_file: Callable[[str], Path]
) -> None:
    counted = layer_weights(onnx.load(network_file(network)))
    # The initial states of a recurrent layer are no weights of any size.
    assert {name: count for name, count in counted.items() if count > 2} == weights


def test_an_output_is_not_rounded_before_it_leaves() -> None:
    grid = [scalar(0.1, "scale"), numpy_helper.from_array(np.array(0, np.uint8), "zero")]
    rounded = node("QuantizeLinear", ["x", "scale", "zero"], "q")
    model = graph([node("Relu", ["signal"], "x"), rounded, node("DequantizeLinear", ["q", "scale", "zero"], "y")], grid)
    result = with_float_outputs(model)
    assert operators(result) == ["Relu"]
    assert result.graph.node[0].output[0] == "y"
    assert operators(model) == ["Relu", "QuantizeLinear", "DequantizeLinear"]


def test_another_output_stays_as_it_is() -> None:
    model = graph([node("Relu", ["signal"], "x")])
    assert with_float_outputs(model) == model
