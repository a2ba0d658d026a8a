"""ONNX files: read whole, their metadata, and copies without what only their makers needed."""

from collections.abc import Iterator
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from build_scripts.errors import DataError
from build_scripts.export.causes import cause

# Opsets that are exported and served. Older ones lack operators that are written here, newer ones are not tried.
OLDEST_OPSET, NEWEST_OPSET = 18, 23


def read_model(path: Path) -> onnx.ModelProto:
    """Read a valid ONNX file.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is no ONNX file, its weights are elsewhere and not whole, or its structure is not valid.
    """
    model = load_model(path)
    require_valid(model, path)
    return model


def load_model(path: Path) -> onnx.ModelProto:
    """Read an ONNX file, with the weights of a file beside it; its structure is not checked.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is no ONNX file, or its weights are in another one that is missing or cut off.
    """
    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        raise DataError(f"{path} is not an ONNX file, or its end is missing: copy or export it anew.") from error
    if not model.HasField("graph"):
        raise DataError(f"{path} is not an ONNX file: there is no graph in it.")
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise DataError(
            f"{path} keeps its weights in a file beside it, which is missing or cut off: put it there as it was saved."
        ) from error
    return model


def require_valid(model: onnx.ModelProto, path: Path) -> None:
    """Check the structure of a model.

    Raises:
        DataError: it is not valid.
    """
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise DataError(f"{path} is not a valid ONNX file: {cause(error)}. Export it anew.") from error


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
    used = {"", *_domains(slim.graph), *(node.domain for function in slim.functions for node in function.node)}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del slim.opset_import[:]
    slim.opset_import.extend(kept)
    for tensor in slim.graph.initializer:
        del tensor.metadata_props[:]
    return slim


def _domains(graph: onnx.GraphProto) -> Iterator[str]:
    """Yield the operator set of each node, those inside of its own graphs (If, Loop) included."""
    for node in graph.node:
        yield node.domain
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _domains(inner)
