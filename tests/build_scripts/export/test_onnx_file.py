from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from build_scripts.errors import DataError
from build_scripts.export.onnx_file import properties, read_model, slimmed
from tests.support.onnx_graphs import SIGNAL, graph, node


def test_a_model_is_read_with_its_properties(tmp_path: Path) -> None:
    model = graph([node("Relu", ["signal"], "answer")])
    onnx.helper.set_model_props(model, {"window": "48", "unit": "g"})
    onnx.save(model, tmp_path / "m.onnx")
    assert properties(read_model(tmp_path / "m.onnx")) == {"window": "48", "unit": "g"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"not a model", "ONNX file, or its end is missing"), (b"", "ONNX file: there is no graph")],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(DataError, match=rf"m\.onnx is not an {sentence}"):
        read_model(tmp_path / "m.onnx")


@pytest.mark.parametrize("size", [None, 8])
def test_weights_in_another_file_that_are_not_whole_are_named(tmp_path: Path, size: int | None) -> None:
    weight = onnx.numpy_helper.from_array(np.ones((8, 8), np.float32), "weight")
    model = graph([node("MatMul", ["signal", "weight"], "answer")], [weight])
    path, weights = tmp_path / "m.onnx", tmp_path / "m.data"
    onnx.save(model, path, save_as_external_data=True, location="m.data", size_threshold=0)
    weights.unlink() if size is None else weights.write_bytes(weights.read_bytes()[:size])
    with pytest.raises(DataError, match="keeps its weights in a file beside it, which is missing or cut off"):
        read_model(path)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_model(tmp_path / "m.onnx")


def test_operator_sets_of_graphs_inside_of_a_node_are_kept() -> None:
    inner = helper.make_node("Gelu", ["signal"], ["inner"], domain="com.microsoft")
    branch = helper.make_graph([inner], "branch", [], [helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)])
    model = graph([node("If", ["always"], "answer", then_branch=branch, else_branch=branch)])
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("answer", TensorProto.FLOAT, SIGNAL))
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "always"))
    model.opset_import.extend([helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("ai.onnx.ml", 3)])
    slim = slimmed(model)
    assert [entry.domain for entry in slim.opset_import] == ["", "com.microsoft"]
    onnx.checker.check_model(slim, full_check=True)


def test_a_graph_that_is_not_valid_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    model = graph([node("Unheard", ["signal"], "answer")])
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("answer", TensorProto.FLOAT, SIGNAL))
    onnx.save(model, path)
    with pytest.raises(DataError, match=r"m\.onnx is not a valid ONNX file: No Op registered for Unheard .*anew\.$"):
        read_model(path)
