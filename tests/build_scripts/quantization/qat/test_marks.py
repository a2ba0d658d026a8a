import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from build_scripts.errors import QuantizationError
from build_scripts.quantization.qat.marks import layers_of, without_marks


def marked_graph() -> onnx.ModelProto:
    """signal -> rounded -> Relu -> rounded, which is the output."""
    tensors = [
        numpy_helper.from_array(np.array(0.5, np.float32), "scale"),
        numpy_helper.from_array(np.array(7, np.uint8), "zero"),
    ]
    nodes = [
        helper.make_node("QuantizeLinear", ["signal", "scale", "zero"], ["counts"]),
        helper.make_node("DequantizeLinear", ["counts", "scale", "zero"], ["rounded"]),
        helper.make_node("Relu", ["rounded"], ["positive"]),
        helper.make_node("QuantizeLinear", ["positive", "scale", "zero"], ["more_counts"]),
        helper.make_node("DequantizeLinear", ["more_counts", "scale", "zero"], ["logits"]),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3]) for name in ("signal", "logits")]
    return helper.make_model(helper.make_graph(nodes, "marked", values[:1], values[1:], tensors))


def test_roundings_are_taken_off_and_their_grids_kept() -> None:
    model, grids = without_marks(marked_graph())
    assert [(node.op_type, *node.input, *node.output) for node in model.graph.node] == [
        ("Relu", "signal", "positive"),
        ("Identity", "positive", "logits"),
    ]
    assert {name: (float(scale), int(zero)) for name, (scale, zero) in grids.items()} == {
        "signal": (0.5, 7),
        "positive": (0.5, 7),
    }


def test_a_graph_without_a_layer_of_its_network_is_refused() -> None:
    from build_scripts.quantization.qat.fake_quantize import QuantizedLayer

    network = nn.Sequential(QuantizedLayer(nn.Linear(3, 3).weight, None, 7))
    with pytest.raises(QuantizationError, match="lacks 1 of the network's 1 layers"):
        layers_of(network, *without_marks(marked_graph()))
