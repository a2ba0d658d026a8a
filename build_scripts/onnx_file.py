"""ONNX files: read whole, and what they say of themselves."""

from __future__ import annotations

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
