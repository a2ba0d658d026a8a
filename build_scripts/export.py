"""The step that exports: a checkpoint to an ONNX model of free batch and length, proven equal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

from build_scripts.checkpoint import Checkpoint, ModelDescription, restore_network
from build_scripts.gates import MAX_EXPORT_DIFFERENCE, require_at_most
from build_scripts.novelty import ServedNetwork
from build_scripts.tracing import traced
from functions.core.engine import OnnxEngine

LOGITS, DISTANCE = "logits", "distance"


@dataclass(frozen=True)
class ExportedModel:
    """A float32 ONNX file and the largest difference between its outputs and PyTorch's."""

    path: Path
    max_abs_difference: float


def export(checkpoint: Checkpoint, path: Path, version: str = "1") -> ExportedModel:
    """Export a checkpoint to `path`: `signal` [B, C, T] to `logits` [B, K] and `distance` [B].

    Raises:
        GateFailed: an output differs by more than 1e-4 from PyTorch's, at some batch size or length.
        onnx.checker.ValidationError: the exporter made an invalid model.
    """
    network = restore_network(checkpoint)
    example = torch.zeros(2, checkpoint.network.channels, checkpoint.description.window)
    model = slimmed(traced(network, example, (LOGITS, DISTANCE), dynamic=(0, 2)))
    onnx.helper.set_model_props(model, model_properties(checkpoint.description, version))
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    difference = largest_difference(network, path, checkpoint)
    require_at_most("export max abs difference", difference, MAX_EXPORT_DIFFERENCE)
    return ExportedModel(path, difference)


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


def slimmed(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy without what only the exporter needed: doc strings, node metadata, value infos."""
    slim = onnx.ModelProto()
    slim.CopyFrom(model)
    del slim.graph.value_info[:]
    del slim.graph.metadata_props[:]
    for node in slim.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*slim.graph.input, *slim.graph.output):
        del value.metadata_props[:]
    for tensor in slim.graph.initializer:
        del tensor.metadata_props[:]
    return slim


def largest_difference(network: ServedNetwork, path: Path, checkpoint: Checkpoint) -> float:
    """Return the largest absolute difference of an output to PyTorch's, over batch sizes and lengths."""
    window, channels = checkpoint.description.window, checkpoint.network.channels
    engine, rng = OnnxEngine(path), np.random.default_rng(0)
    differences = []
    for batch, length in ((1, window), (3, window), (8, window), (1, window // 2), (2, window + window // 3 + 1)):
        windows = (0.2 * rng.standard_normal((batch, channels, length))).astype(np.float32)
        with torch.no_grad():
            logits, distance = (output.numpy() for output in network(torch.from_numpy(windows)))
        output = engine.run(windows)
        relative = np.abs(output.distance - distance) / np.maximum(1.0, np.abs(distance))
        differences += [np.abs(output.logits - logits).max(), relative.max()]
    return float(max(differences))
