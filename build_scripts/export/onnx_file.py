"""ONNX files: read whole, their metadata, and copies without what only their makers needed."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from build_scripts.errors import DataError


def read_model(path: Path) -> onnx.ModelProto:
    """Read a valid ONNX file.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is no ONNX file, or its structure is not valid.
    """
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except (DecodeError, onnx.checker.ValidationError) as error:
        raise DataError(f"{path} is not an ONNX file: {error}") from error
    return model


def properties(model: onnx.ModelProto) -> dict[str, str]:
    """Return the metadata properties of a model."""
    return {str(entry.key): str(entry.value) for entry in model.metadata_props}


def slimmed(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy without what only its makers needed: doc strings, metadata, value infos, unused operator sets."""
    slim = onnx.ModelProto()
    slim.CopyFrom(model)
    del slim.graph.value_info[:]
    del slim.graph.metadata_props[:]
    for node in slim.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*slim.graph.input, *slim.graph.output):
        del value.metadata_props[:]
    used = {"", *(node.domain for node in slim.graph.node)}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del slim.opset_import[:]
    slim.opset_import.extend(kept)
    for tensor in slim.graph.initializer:
        del tensor.metadata_props[:]
    return slim
