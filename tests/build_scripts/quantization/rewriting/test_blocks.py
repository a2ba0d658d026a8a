from typing import Any

import onnx
import pytest

from build_scripts.export.passes.parity import Parity
from build_scripts.quantization.rewriting.blocks import Blocks
from tests.support.onnx_graphs import convolution, graph, operators, weights

WINDOW = 48
SIGNAL = ("B", 1, WINDOW)


@pytest.mark.parametrize(
    ("kernel", "attributes", "shape"),
    [
        (9, {"strides": [4], "pads": [4, 4]}, [6, 4, 3]),
        (8, {"strides": [4]}, [6, 4, 2]),
        (31, {"strides": [8], "pads": [15, 15]}, [6, 8, 4]),
        (5, {"strides": [3], "pads": [1, 2]}, [6, 3, 3]),
        (3, {"strides": [2], "pads": [1, 1], "dilations": [1], "group": 1}, [6, 2, 2]),
        (16, {"strides": [16]}, [6, 16, 1]),
    ],
)
def test_a_strided_convolution_of_the_signal_reads_blocks(
    kernel: int, attributes: dict[str, Any], shape: list[int]
) -> None:
    model = graph([convolution(**attributes)], weights({"w": (6, 1, kernel)}), signal=SIGNAL)
    rewritten = Blocks(WINDOW)(model)
    onnx.checker.check_model(rewritten, full_check=True)
    assert Parity.of(model, WINDOW).difference("blocks", rewritten) <= 1e-5
    assert operators(rewritten) == ["Reshape", "Transpose", "Conv"]
    (tensor,) = [one for one in rewritten.graph.initializer if one.name == "w_blocks"]
    assert list(tensor.dims) == shape


def test_a_free_length_becomes_the_window() -> None:
    model = graph([convolution(strides=[4])], weights({"w": (6, 1, 8)}), signal=("B", 1, "L"))
    rewritten = Blocks(WINDOW)(model)
    assert rewritten.graph.input[0].type.tensor_type.shape.dim[2].dim_value == WINDOW
    assert Parity.of(model, WINDOW).difference("blocks", rewritten) <= 1e-5


@pytest.mark.parametrize(
    ("channels", "attributes"),
    [
        (1, {"strides": [1]}),
        (1, {"strides": [5]}),
        (1, {"strides": [4], "dilations": [2]}),
        (1, {"strides": [4], "auto_pad": "SAME_UPPER"}),
        (2, {"strides": [4]}),
    ],
    ids=["no stride", "no whole blocks", "dilation", "automatic padding", "two channels"],
)
def test_other_convolutions_stay(channels: int, attributes: dict[str, Any]) -> None:
    constants = weights({"w": (6, channels, 8)})
    model = graph([convolution(**attributes)], constants, signal=("B", channels, WINDOW))
    assert Blocks(WINDOW)(model) == model


def test_blocks_that_no_answer_reads_leave_the_convolution_as_it_is() -> None:
    model = graph([convolution(strides=[16])], weights({"w": (6, 1, 2)}), signal=("B", 1, 64))
    rewritten = Blocks(64)(model)
    assert Parity.of(model, 64).difference("blocks", rewritten) <= 1e-5
