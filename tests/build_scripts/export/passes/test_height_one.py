"""Height one: equal answers for every kind of 1-D convolution, and a rank that changes only at the edges."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

from build_scripts.export.passes.height_one import HeightOne
from build_scripts.export.passes.parity import Parity
from build_scripts.export.passes.sequence import PassFailed
from tests.support.onnx_graphs import convolution, graph, node, operators, scalar, weights

CONV = convolution(output="c")
WEIGHTS = weights({"w": (6, 4, 5), "v": (6, 6, 3), "bias": (6,)})


def proven(model: onnx.ModelProto) -> onnx.ModelProto:
    """The rewritten model, valid and equal, with no 1-D convolution left; the given one is as it was."""
    before = model.SerializeToString()
    rewritten = HeightOne()(model)
    assert model.SerializeToString() == before
    onnx.checker.check_model(rewritten, full_check=True)
    assert Parity.of(model, 48).difference("height-one", rewritten) <= 1e-6
    shapes = {tensor.name: tensor.dims for tensor in rewritten.graph.initializer}
    assert all(len(shapes[one.input[1]]) == 4 for one in rewritten.graph.node if one.op_type == "Conv")
    return rewritten


@pytest.mark.parametrize(
    ("shape", "attributes"),
    [
        ((6, 4, 5), {}),
        ((6, 4, 5), {"kernel_shape": [5], "pads": [3, 1]}),
        ((6, 4, 5), {"strides": [3]}),
        ((6, 4, 5), {"dilations": [4], "pads": [8, 8]}),
        ((6, 2, 5), {"group": 2}),
        ((8, 1, 5), {"group": 4, "strides": [2], "dilations": [2], "pads": [1, 4]}),
        ((6, 4, 5), {"auto_pad": "SAME_UPPER", "strides": [2]}),
        ((6, 4, 1), {}),
    ],
    ids=["plain", "padding", "stride", "dilation", "groups", "depthwise", "auto_pad", "kernel 1"],
)
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
def test_a_convolution_stays_equal(shape: tuple[int, int, int], attributes: dict[str, Any], bias: bool) -> None:
    constants = weights({"w": shape, "bias": shape[:1]})
    one = convolution(**attributes)
    one.input.extend(["bias"] if bias else [])
    rewritten = proven(graph([one], constants if bias else constants[:1]))
    assert operators(rewritten) == ["Unsqueeze", "Conv", "Squeeze"]


@pytest.mark.parametrize(
    "pool",
    [
        node("MaxPool", ["c"], "answer", kernel_shape=[4], strides=[3], pads=[1, 2]),
        node("MaxPool", ["c"], "answer", kernel_shape=[3], dilations=[2], ceil_mode=1, strides=[4]),
        node("AveragePool", ["c"], "answer", kernel_shape=[4], strides=[2], pads=[1, 1], count_include_pad=1),
        node("AveragePool", ["c"], "answer", kernel_shape=[4], strides=[3], pads=[2, 0]),
        node("GlobalAveragePool", ["c"], "answer"),
        node("GlobalMaxPool", ["c"], "answer"),
        node("LpPool", ["c"], "answer", kernel_shape=[3], p=2),
    ],
    ids=lambda pool: pool.op_type,
)
def test_a_pool_follows_its_convolution(pool: NodeProto) -> None:
    assert operators(proven(graph([CONV, pool], WEIGHTS[:1]))) == ["Unsqueeze", "Conv", pool.op_type, "Squeeze"]


def test_two_branches_stay_in_one_region() -> None:
    nodes = [
        node("Relu", ["signal"], "r"),
        CONV,
        node("Relu", ["c"], "left"),
        convolution("left", "deep", "v", pads=[1, 1]),
        node("Add", ["deep", "left"], "sum"),
        convolution(output="right"),
        node("Mul", ["right", "half"], "scaled"),
        node("Concat", ["sum", "scaled"], "joined", axis=1),
        node("GlobalMaxPool", ["joined"], "answer"),
    ]
    half = scalar(0.5, "half")
    rewritten = proven(graph(nodes, [*WEIGHTS[:2], half]))
    assert operators(rewritten).count("Unsqueeze") == operators(rewritten).count("Squeeze") == 1


def test_a_constant_of_rank_three_follows_without_a_node() -> None:
    offset = weights({"offset": (1, 6, 1)})
    rewritten = proven(graph([CONV, node("Add", ["c", "offset"], "answer")], [*WEIGHTS[:1], *offset]))
    assert operators(rewritten) == ["Unsqueeze", "Conv", "Add", "Squeeze"]
    assert sorted(tensor.name for tensor in rewritten.graph.initializer) == [
        "height_one/axes",
        "offset/height_one",
        "w/height_one",
    ]


def test_an_operator_of_another_shape_reads_the_value_it_knows() -> None:
    matrix = weights({"m": (6, 44)})
    rewritten = proven(graph([CONV, node("Add", ["c", "m"], "answer")], [*WEIGHTS[:1], *matrix]))
    assert operators(rewritten) == ["Unsqueeze", "Conv", "Squeeze", "Add"]


def test_a_value_read_at_both_ranks_is_lowered_once() -> None:
    axis = numpy_helper.from_array(np.array([2]), "axis")
    nodes = [
        CONV,
        node("ReduceMax", ["c", "axis"], "top"),
        node("ReduceMin", ["c", "axis"], "bottom"),
        convolution("c", "d", "v"),
        node("GlobalAveragePool", ["d"], "mean"),
        node("Sum", ["top", "bottom", "mean"], "answer"),
    ]
    rewritten = proven(graph(nodes, [*WEIGHTS[:2], axis]))
    assert operators(rewritten).count("Squeeze") == 2


def test_the_indices_of_a_pool_are_left_alone() -> None:
    pool = helper.make_node("MaxPool", ["c"], ["m", "indices"], kernel_shape=[4])
    rewritten = proven(graph([CONV, pool, node("Relu", ["m"], "answer")], WEIGHTS[:1]))
    assert operators(rewritten) == ["Unsqueeze", "Conv", "Squeeze", "MaxPool", "Relu"]


def test_a_weight_that_is_computed_is_lifted() -> None:
    nodes = [node("Relu", ["w"], "positive"), convolution(weight="positive")]
    rewritten = HeightOne()(graph(nodes, WEIGHTS[:1]))
    assert Parity.of(graph(nodes, WEIGHTS[:1]), 48).difference("height-one", rewritten) <= 1e-6
    assert operators(rewritten).count("Unsqueeze") == 2


def test_a_branch_of_an_if_reads_the_value_it_knows() -> None:
    outside = helper.make_value_info("inner", helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    branch = helper.make_graph([node("Neg", ["c"], "inner")], "branch", [], [outside])
    choice = helper.make_node("If", ["yes"], ["answer"], then_branch=branch, else_branch=branch)
    yes = numpy_helper.from_array(np.array(True), "yes")
    assert operators(proven(graph([CONV, choice], [*WEIGHTS[:1], yes]))) == ["Unsqueeze", "Conv", "Squeeze", "If"]


def test_a_model_without_flat_convolutions_comes_back_equal() -> None:
    model = graph([node("Relu", ["signal"], "answer")])
    rewritten = HeightOne()(model)
    assert rewritten is not model
    assert rewritten == model


def test_an_old_opset_is_refused() -> None:
    with pytest.raises(PassFailed, match="Pass height-one failed: the model has opset 12, at least 13 is needed"):
        HeightOne()(graph([convolution()], WEIGHTS[:1], opset=12))
