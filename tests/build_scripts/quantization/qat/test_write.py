import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from build_scripts.errors import QuantizationError
from build_scripts.quantization.qat.write import Grid, QdqWriter, layer_integers

GRID: Grid = (np.array(0.5, np.float32), np.array(7, np.uint8))


def product(*, twice: bool) -> onnx.ModelProto:
    weight = numpy_helper.from_array(np.array([[1.0, -1.0], [0.25, 4.0]], np.float32), "layer.weight")
    nodes = [helper.make_node("MatMul", ["signal", "layer.weight"], ["first"])]
    if twice:
        nodes.append(helper.make_node("MatMul", ["first", "layer.weight"], ["second"]))
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2])
        for name in ("signal", "second" if twice else "first")
    ]
    opsets = [helper.make_opsetid("", 20)]
    return helper.make_model(
        helper.make_graph(nodes, "product", values[:1], values[1:], [weight]), opset_imports=opsets
    )


def test_weights_stored_by_inputs_have_a_scale_for_each_column() -> None:
    model = QdqWriter(product(twice=False), {"signal": GRID}, {"layer.weight"}, bits=7).write()
    onnx.checker.check_model(model, full_check=True)
    tensors = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    np.testing.assert_array_equal(tensors["layer.weight_counts"], [[63, -16], [16, 63]])
    np.testing.assert_allclose(tensors["layer.weight_scale"], [1 / 63, 4 / 63], rtol=1e-6)
    assert [node.op_type for node in model.graph.node] == [
        "QuantizeLinear",
        "DequantizeLinear",
        "DequantizeLinear",
        "MatMul",
    ]
    assert "layer.weight" not in tensors


def test_a_layer_that_is_read_twice_is_written_twice() -> None:
    writer = QdqWriter(product(twice=True), {"signal": GRID, "first": GRID}, {"layer.weight"}, bits=8)
    names = {one.name for one in writer.write().graph.initializer}
    assert {"layer.weight_counts", "layer/1.weight_counts"} <= names


def test_a_layer_that_is_not_there_is_named() -> None:
    with pytest.raises(QuantizationError, match=r"no layer for other\.weight"):
        QdqWriter(product(twice=False), {"signal": GRID}, {"other.weight"}, bits=7).write()


def test_a_bias_fits_however_small_the_weights_are() -> None:
    weight = np.array([[1e-12, -1e-12], [1.0, 0.25]], np.float32)
    counts, scale, sums = layer_integers(weight, np.array([0.75, -0.5], np.float32), 63, input_scale=0.01)
    np.testing.assert_allclose(sums * scale.astype(np.float64) * 0.01, [0.75, -0.5], rtol=1e-6)
    assert counts.tolist() == [[0, 0], [63, 16]]
    assert scale[1] == pytest.approx(1 / 63)
