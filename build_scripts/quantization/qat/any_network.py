"""Quantization-aware training of any trained network: fine-tuned with its rounding, and written as an integer model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from build_scripts.data.records import LabelledRecords
from build_scripts.errors import FineTuningError, GateFailed, QuantizationError
from build_scripts.export.export import model_properties
from build_scripts.export.onnx_file import slimmed
from build_scripts.export.passes.height_one import HeightOne
from build_scripts.export.torch_export import ExportOptions, traced
from build_scripts.export.validate import free_lengths
from build_scripts.measuring.gates import MIN_AGREEMENT
from build_scripts.networks.trained import TrainedModel
from build_scripts.quantization.layers import write_quantized
from build_scripts.quantization.qat.marks import layers_of, marked, with_heights, without_marks
from build_scripts.quantization.qat.placement import aware_network
from build_scripts.quantization.qat.prepare import AwareConfig
from build_scripts.quantization.qat.write import QdqWriter
from build_scripts.quantization.rewriting.pools import SIDES, guarded, slow_pools
from build_scripts.training.fine_tune import FineTuned, fine_tune
from build_scripts.training.training_windows import plain_batches
from functions.core.models.engine import OnnxEngine

# Windows on which the file is compared with the network it was written from.
COMPARED = 128
# Makes the network that is served of the fine-tuned one: its outputs are those of the model.
Completion = Callable[[nn.Module], nn.Module]


@dataclass(frozen=True)
class AwareFile:
    """The target of an integer model: its path, version and opset, and whether its length is free."""

    path: Path
    version: str = "1"
    opset: int = ExportOptions().opset
    free_length: bool = True


@dataclass(frozen=True)
class AwareResult:
    """The file, the network it was written from, and what is known of both.

    losses: mean cross-entropy of each epoch; layers: names of those that run in integers; floating: how many parts of
    each kind stay float32; max_abs_difference: largest one of a logit of the file and of the network as it rounds.
    """

    path: Path
    network: nn.Module
    losses: tuple[float, ...]
    layers: tuple[str, ...]
    floating: dict[str, int]
    max_abs_difference: float


class _Logits(nn.Module):
    """The first output of a network alone, which is what a fine-tuning looks at."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, signal: Tensor) -> Tensor:
        """Return the logits float32 [B, K]."""
        outputs = self.network(signal)
        logits: Tensor = outputs if isinstance(outputs, Tensor) else outputs[0]
        return logits


def train_aware(
    model: TrainedModel, records: LabelledRecords, target: AwareFile, config: AwareConfig, completed: Completion
) -> AwareResult:
    """Fine-tune a network with the rounding of its layers, and write it as an integer model.

    Args:
        model: its network gives logits float32 [B, K] first; `outputs` are those of the completed network.
        records: windows of them are trained on, as they are.
        target: the file.
        config: how long and how fast, the bits of a weight.
        completed: makes the served network of the fine-tuned one.

    Raises:
        QuantizationError: the network cannot be traced, takes conditions, or has nothing that integers could run.
        FineTuningError: there are fewer records than a batch holds, or a loss is not finite.
        ExportError: the exporter does not take the network.
        GateFailed: the file names another class than the network it was written from in too many windows.
    """
    if model.description.conditions:
        raise QuantizationError("qat trains networks of the signal alone; this one takes conditions of operation too.")
    example = _example(model, target)
    aware = aware_network(model.network, example, config, free_length=target.free_length)
    tuned = fine_tuned(aware.network, records, model.description.window, config)
    served = completed(tuned.network).eval()
    write_aware(served, model, target, config.bits)
    difference = _difference(target.path, served, records, model.description.window)
    return AwareResult(target.path, served, tuned.losses, aware.layers, aware.floating, difference)


def fine_tuned(network: nn.Module, records: LabelledRecords, window: int, config: AwareConfig) -> FineTuned[nn.Module]:
    """Fine-tune a copy of a network whose first output is logits on windows of records.

    Raises:
        FineTuningError: there are fewer records than a batch holds, no epochs, or a loss that is not finite.
    """
    if len(records) < config.batch_size:
        raise FineTuningError(
            f"{len(records)} training records do not fill a batch of {config.batch_size}: take a smaller --batch-size."
        )
    batches = partial(plain_batches, records, window, config.batch_size)
    result = fine_tune(_Logits(network), batches, config, "qat")
    return FineTuned(result.network.network, result.losses)


def write_aware(network: nn.Module, model: TrainedModel, target: AwareFile, bits: int) -> Path:
    """Write a fine-tuned network that rounds, with its own scales, as an integer model.

    Raises:
        ExportError: the exporter does not take the network.
        QuantizationError: it was not trained, or the exported graph lacks one of its layers.
    """
    dynamic = (0, 2) if target.free_length else (0,)
    graph = traced(marked(network), _example(model, target), model.outputs, dynamic, ExportOptions(opset=target.opset))
    plain, grids = without_marks(slimmed(graph))
    onnx.helper.set_model_props(plain, model_properties(model.description, target.version))
    tall = HeightOne()(plain)
    grids = with_heights(grids, tall)
    layers = layers_of(network, tall, grids)
    write_quantized(QdqWriter(tall, grids, layers, bits).write(), plain, target.path)
    for side in SIDES:
        if pools := slow_pools(target.path):
            tall = guarded(tall, pools, side)
            write_quantized(QdqWriter(tall, grids, layers, bits).write(), plain, target.path)
    return target.path


def _example(model: TrainedModel, target: AwareFile) -> Tensor:
    """Return an input float32 [2, C, T]; its free length is unlike the window, which numbers of layers may equal."""
    window = model.description.window
    return torch.zeros(2, model.channels, free_lengths(window)[-1] if target.free_length else window)


def _difference(path: Path, network: nn.Module, records: LabelledRecords, window: int) -> float:
    rng = np.random.default_rng(0)
    windows = records.random_windows(rng.integers(0, len(records), COMPARED), window, rng)
    with torch.no_grad():
        wanted = _Logits(network)(torch.from_numpy(windows)).numpy()
    got = OnnxEngine(path).run(windows).logits
    agreement = float((got.argmax(axis=1) == wanted.argmax(axis=1)).mean())
    if agreement < MIN_AGREEMENT:
        raise GateFailed("integers as trained", agreement, f"{MIN_AGREEMENT:g} of windows")
    return float(np.abs(got - wanted).max())
