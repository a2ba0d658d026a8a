"""Metadata of the server, and metadata and configuration of its models.

Source: Open Inference Protocol, "Server Metadata" and "Model Metadata"; triton-inference-server/server,
docs/protocol/extension_model_configuration.md and triton-inference-server/common, protobuf/model_config.proto.
"""

from collections.abc import Sequence
from typing import Any

from functions.core.models.manifest import CONDITIONS, InputSpec, Manifest, Precision
from functions.core.version import VERSION
from functions.inference.v2.requests import OUTPUTS

_PLATFORM = "onnxruntime_onnx"
EXTENSIONS = ("binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics")


def server_metadata() -> dict[str, Any]:
    """Return the server's metadata."""
    return {"name": "palier", "version": VERSION, "extensions": list(EXTENSIONS)}


def model_metadata(manifest: Manifest, versions: Sequence[str]) -> dict[str, Any]:
    """Return a model's metadata.

    Args:
        manifest: of the version that is asked for.
        versions: all versions of the model.
    """
    spec = manifest.input
    classes = len(manifest.classes)
    return {
        "name": manifest.name,
        "versions": list(versions),
        "platform": _PLATFORM,
        "inputs": [{"name": name, "datatype": "FP32", "shape": [-1, *row]} for name, row in _inputs(spec).items()],
        "outputs": [{"name": name, "datatype": "FP32", "shape": [-1, classes]} for name in OUTPUTS],
    }


def model_configuration(manifest: Manifest, precision: Precision, most_windows: int) -> dict[str, Any]:
    """Return a model's configuration in the form of Triton's ModelConfig.

    Args:
        manifest: of the version that is asked for.
        precision: of the file that answers here.
        most_windows: largest batch of one request.
    """
    spec = manifest.input
    return {
        "name": manifest.name,
        "platform": _PLATFORM,
        "backend": "onnxruntime",
        "version_policy": {"all": {}},
        "max_batch_size": most_windows,
        "input": [
            {"name": name, "data_type": "TYPE_FP32", "format": "FORMAT_NONE", "dims": row}
            for name, row in _inputs(spec).items()
        ],
        "output": [{"name": name, "data_type": "TYPE_FP32", "dims": [len(manifest.classes)]} for name in OUTPUTS],
        "default_model_filename": manifest.variant(precision).file,
        "parameters": {
            name: {"string_value": value}
            for name, value in {
                "classes": ",".join(label.id for label in manifest.classes),
                "sample_rate_hz": f"{spec.sample_rate_hz:g}",
                "unit": spec.unit,
                "precision": precision,
                "temperature": f"{manifest.temperature:g}",
                "version": manifest.version,
                **_conditions(spec),
            }.items()
        },
    }


def _inputs(spec: InputSpec) -> dict[str, list[int]]:
    """Return the shape of one row of each input, by its name."""
    signal = {spec.name: [spec.channels, spec.window]}
    return signal | ({CONDITIONS: [len(spec.conditions_taken)]} if spec.conditions_taken else {})


def _conditions(spec: InputSpec) -> dict[str, str]:
    """Return the parameters that describe the columns of the second input."""
    taken = spec.conditions_taken
    if not taken:
        return {}
    return {
        "conditions": ",".join(one.name for one in taken),
        "condition_units": ",".join(one.unit for one in taken),
        "condition_minimums": ",".join(f"{one.minimum:.9g}" for one in taken),
        "condition_maximums": ",".join(f"{one.maximum:.9g}" for one in taken),
    }
