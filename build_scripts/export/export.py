"""The step that exports: a checkpoint to an ONNX model of free batch and length, proven equal."""

from dataclasses import dataclass
from pathlib import Path

import onnx
import torch

from build_scripts.export.onnx_file import slimmed
from build_scripts.export.torch_export import DEFAULT, ExportOptions, traced
from build_scripts.export.validate import Contract, free_lengths, validate
from build_scripts.networks.checkpoint import Checkpoint, ModelDescription
from build_scripts.networks.trained import TrainedModel, model_of


@dataclass(frozen=True)
class ExportedModel:
    """A float32 ONNX file and the largest difference between its outputs and PyTorch's."""

    path: Path
    max_abs_difference: float


def export(checkpoint: Checkpoint, path: Path, version: str = "1", options: ExportOptions = DEFAULT) -> ExportedModel:
    """Export a checkpoint to `path`: `signal` [B, C, T] to `logits` [B, K] and `distance` [B].

    Raises:
        ExportError: ONNX cannot say it.
        ValidationFailed: the model is not valid, or an output differs by more than 1e-4 from PyTorch's at some
            batch size or length.
    """
    return export_network(model_of(checkpoint), path, version, options)


def export_network(
    model: TrainedModel, path: Path, version: str = "1", options: ExportOptions = DEFAULT
) -> ExportedModel:
    """Export a trained network to `path`; the batch is free, and the length where the network leaves it free.

    Raises:
        ExportError: ONNX cannot say it.
        ValidationFailed: the file is not what the network is.
    """
    example = torch.zeros(2, model.channels, model.description.window)
    dynamic = (0, 2) if model.free_length else (0,)
    graph = slimmed(traced(model.network, example, model.outputs, dynamic, options))
    onnx.helper.set_model_props(graph, model_properties(model.description, version) | {"exporter": options.method})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(graph.SerializeToString())
    return ExportedModel(path, validate(path, model.network, contract_of(model)).max_abs_difference)


def contract_of(model: TrainedModel) -> Contract:
    """Return what an export of a model promises: its outputs, free batch, and free length where the network has it."""
    window = model.description.window
    return Contract(model.outputs, model.channels, free_lengths(window) if model.free_length else (window,))


def model_properties(description: ModelDescription, version: str) -> dict[str, str]:
    """Return what the file itself says of the model: name, version, classes, sample rate, window, unit."""
    return {
        "name": description.name,
        "version": version,
        "classes": ",".join(identifier for identifier, _ in description.classes),
        "sample_rate_hz": f"{description.sample_rate_hz:g}",
        "window": str(description.window),
        "unit": description.unit,
    }
