from pathlib import Path

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


@pytest.mark.parametrize("content", [b"not a model", b""])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(DataError, match=r"m\.onnx is not an ONNX file: "):
        read_model(tmp_path / "m.onnx")


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_model(tmp_path / "m.onnx")
