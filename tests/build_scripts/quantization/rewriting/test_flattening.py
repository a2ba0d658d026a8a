import numpy as np
import onnx
import pytest
from onnx import NodeProto, numpy_helper

from build_scripts.export.passes.parity import Parity
from build_scripts.quantization.rewriting.flattening import Flattening
from tests.support.onnx_graphs import convolution, graph, node, operators, weights

CONV = convolution(output="c", strides=[4])
# 44 samples behind a kernel of 5 and a stride of 4: 11 positions of 6 channels.
WEIGHTS = weights({"w": (6, 4, 5), "linear": (66, 3), "turned": (3, 66), "short": (65, 3)})
SHAPE = numpy_helper.from_array(np.array([0, 66], np.int64), "shape")
FLAT = [node("Reshape", ["c", "shape"], "flat"), node("Flatten", ["c"], "flat", axis=1)]


@pytest.mark.parametrize("flat", FLAT, ids=["Reshape", "Flatten"])
@pytest.mark.parametrize(("weight", "turned"), [("linear", 0), ("turned", 1)])
def test_features_are_flattened_position_by_position(flat: NodeProto, weight: str, turned: int) -> None:
    linear = node("Gemm", ["flat", weight], "answer", transB=turned)
    model = graph([CONV, flat, linear], [*WEIGHTS, SHAPE])
    rewritten = Flattening()(model)
    onnx.checker.check_model(rewritten, full_check=True)
    assert Parity.of(model, 48).difference("flattening", rewritten) <= 1e-4
    assert operators(rewritten) == ["Conv", "Transpose", flat.op_type, "Gemm"]


def test_two_linear_layers_of_the_same_features_follow() -> None:
    nodes = [CONV, FLAT[0], node("Gemm", ["flat", "linear"], "a"), node("Gemm", ["flat", "turned"], "b", transB=1)]
    model = graph([*nodes, node("Add", ["a", "b"], "answer")], [*WEIGHTS, SHAPE])
    rewritten = Flattening()(model)
    assert Parity.of(model, 48).difference("flattening", rewritten) <= 1e-4
    assert operators(rewritten).count("Transpose") == 1


@pytest.mark.parametrize(
    "behind",
    [
        [node("Relu", ["flat"], "answer")],
        [node("Gemm", ["flat", "linear"], "a"), node("ReduceMean", ["flat"], "b"), node("Add", ["a", "b"], "answer")],
    ],
    ids=["no linear layer", "another reader"],
)
def test_what_others_read_stays(behind: list[NodeProto]) -> None:
    model = graph([CONV, FLAT[0], *behind], [*WEIGHTS, SHAPE])
    assert Flattening()(model) == model


def test_what_no_convolution_made_stays() -> None:
    nodes = [node("Reshape", ["signal", "wide"], "flat"), node("Gemm", ["flat", "linear"], "answer")]
    wide = numpy_helper.from_array(np.array([0, 192], np.int64), "wide")
    model = graph(nodes, [*weights({"linear": (192, 3)}), wide])
    assert Flattening()(model) == model
