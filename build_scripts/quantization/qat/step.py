"""The step qat: a checkpoint and records to an integer ONNX model that was trained to be one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import onnx
import torch
from torch import nn

from build_scripts.data.records import RecordSet
from build_scripts.errors import QuantizationError
from build_scripts.export.export import model_properties
from build_scripts.export.onnx_file import slimmed
from build_scripts.export.torch_export import traced
from build_scripts.networks.checkpoint import Checkpoint, restore_network
from build_scripts.networks.network import BearingNetwork
from build_scripts.networks.novelty import ServedNetwork
from build_scripts.networks.trained import DISTANCE, LOGITS
from build_scripts.quantization.layers import write_quantized
from build_scripts.quantization.operators import require_integer_convolutions
from build_scripts.quantization.qat.fake_quantize import QuantizedBlock
from build_scripts.quantization.qat.prepare import AwareConfig, folded, prepare, quantized_blocks
from build_scripts.quantization.qat.write import Grid, QdqWriter, grid_of
from build_scripts.training.fine_tune import FineTuned, fine_tune
from build_scripts.training.train import TrainingConfig, novelty_of_training
from build_scripts.training.training_windows import random_batches

NOVELTY_WINDOWS = 4000


@dataclass(frozen=True)
class AwareModel:
    """The file, the network it was written from, and the mean cross-entropy of each epoch."""

    path: Path
    network: ServedNetwork
    losses: tuple[float, ...]


def train_quantized(
    checkpoint: Checkpoint, records: RecordSet, path: Path, config: AwareConfig, version: str = "1"
) -> AwareModel:
    """Fine-tune a checkpoint's network with rounding, fit its novelty measure again, write it as int8.

    Raises:
        QuantizationError: the records have other classes.
        FineTuningError: there are fewer records than a batch holds.
        GateFailed: a convolution of the result does not run in integers.
    """
    classes = checkpoint.network.classes
    if len(records.class_names) != classes:
        raise QuantizationError(f"The records have {len(records.class_names)} classes, the checkpoint {classes}.")
    window = checkpoint.description.window
    tuned = _tuned(checkpoint, records, config)
    assert isinstance(tuned.network, BearingNetwork)  # noqa: S101 - a copy of one; mypy cannot see it
    training = TrainingConfig(epochs=config.epochs, novelty_windows=NOVELTY_WINDOWS, seed=config.seed)
    served = ServedNetwork(tuned.network, novelty_of_training(tuned.network, records, window, training)).eval()
    properties = model_properties(checkpoint.description, version)
    write_integer(served, torch.zeros(2, checkpoint.network.channels, window), (LOGITS, DISTANCE), path, properties)
    return AwareModel(path, served, tuned.losses)


def write_integer(
    network: nn.Module, example: torch.Tensor, outputs: tuple[str, ...], path: Path, properties: dict[str, str]
) -> Path:
    """Write a fake-quantized network with its own scales as an ONNX model, batch and length free.

    Args:
        network: with the blocks that `prepare` makes, fine-tuned.
        example: an input float32 [B, C, T], B above 1.
        outputs: names of the outputs, in order.
        path: file to write.
        properties: the metadata of the file.

    Raises:
        GateFailed: a convolution does not run in integers.
    """
    model = slimmed(traced(folded(network), example, outputs, dynamic=(0, 2)))
    onnx.helper.set_model_props(model, properties)
    blocks = quantized_blocks(network)
    layers = {f"{name}.0.weight": block for name, block in blocks.items()}
    bits = next(block.bits for block in blocks.values())
    write_quantized(QdqWriter(model, _grids(model, layers), layers, bits).write(), model, path)
    require_integer_convolutions(path)
    return path


def _grids(model: onnx.ModelProto, layers: Mapping[str, QuantizedBlock]) -> dict[str, Grid]:
    """Return the grids of the values in a graph, which are those in front of the first block and behind each ReLU."""
    grids: dict[str, Grid] = {}
    waiting: dict[str, QuantizedBlock] = {}
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[1] in layers:
            block = waiting[node.output[0]] = layers[node.input[1]]
            if block.input is not None:
                grids[node.input[0]] = grid_of(block.input)
        elif node.op_type == "Relu" and node.input[0] in waiting:
            grids[node.output[0]] = grid_of(waiting[node.input[0]].output)
    return grids


def _tuned(checkpoint: Checkpoint, records: RecordSet, config: AwareConfig) -> FineTuned[nn.Module]:
    network = prepare(restore_network(checkpoint).network, config.bits, config.momentum)
    batches = partial(random_batches, records, checkpoint.description.window, config.batch_size)
    return fine_tune(network, batches, config, "qat")
