from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.errors import DataError
from build_scripts.export.onnx_file import properties, read_model
from tests.support.onnx_graphs import graph, node


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
