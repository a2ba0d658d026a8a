from collections.abc import Sequence

import onnx
import pytest
from onnx import NodeProto

from build_scripts.export.passes.height_one import HeightOne
from build_scripts.export.passes.parity import Parity
from build_scripts.quantization.rewriting.one_dimension import OneDimension
from tests.support.onnx_graphs import convolution, graph, node, operators, scalar, weights

CONV = convolution(output="c", strides=[2], pads=[2, 1], dilations=[1])
CONSTANTS = [*weights({"w": (6, 4, 5), "v": (6, 6, 3), "row": (1, 6, 1)}), scalar(0.5, "half")]


@pytest.mark.parametrize(
    "nodes",
    [
        [convolution()],
        [CONV, node("Relu", ["c"], "answer")],
        [CONV, node("MaxPool", ["c"], "answer", kernel_shape=[4], strides=[3], pads=[1, 2])],
        [CONV, node("GlobalAveragePool", ["c"], "answer")],
        [CONV, node("Mul", ["c", "row"], "m"), node("Add", ["m", "half"], "answer")],
        [CONV, convolution("c", "d", "v", pads=[1, 1]), node("Concat", ["c", "d"], "answer", axis=1)],
        [CONV, node("ReduceMean", ["c"], "answer", keepdims=0)],
    ],
    ids=["convolution", "activation", "pool", "global pool", "sums", "branches", "another behind"],
)
def test_height_one_is_undone(nodes: Sequence[NodeProto]) -> None:
    model = graph(nodes, CONSTANTS)
    lowered = OneDimension()(HeightOne()(model))
    onnx.checker.check_model(lowered, full_check=True)
    assert Parity.of(model, 48).difference("one-dimension", lowered) <= 1e-6
    assert [one for one in operators(lowered) if one != "Identity"] == operators(model)


def test_a_model_without_height_comes_back_equal() -> None:
    model = graph([node("Relu", ["signal"], "answer")])
    assert OneDimension()(model) == model


def test_where_another_operator_reads_a_value_of_height_one_nothing_is_changed() -> None:
    tall = HeightOne()(graph([CONV, node("Relu", ["c"], "answer")], CONSTANTS))
    tall.graph.node[-1].op_type = "Transpose"
    assert OneDimension()(tall) == tall
