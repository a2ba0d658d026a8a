"""Quantization-aware training of any network: from its modules to an integer ONNX model."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import onnx
from torch import Tensor, nn

from build_scripts.data.records import LabelledRecords
from build_scripts.export.onnx_file import slimmed
from build_scripts.export.passes.height_one import HeightOne
from build_scripts.export.torch_export import traced
from build_scripts.quantization.layers import write_quantized
from build_scripts.quantization.qat.marks import layers_of, marked, with_heights, without_marks
from build_scripts.quantization.qat.prepare import AwareConfig
from build_scripts.quantization.qat.write import QdqWriter
from build_scripts.training.fine_tune import FineTuned, fine_tune
from build_scripts.training.training_windows import random_batches


class _Logits(nn.Module):
    """The first output of a network alone: what a fine-tuning looks at."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, signal: Tensor) -> Tensor:
        """Return the logits float32 [B, K]."""
        outputs = self.network(signal)
        logits: Tensor = outputs[0] if isinstance(outputs, tuple | list) else outputs
        return logits


def tuned(network: nn.Module, records: LabelledRecords, window: int, config: AwareConfig) -> FineTuned[nn.Module]:
    """Fine-tune a copy of a network that rounds, whose first output are logits, on windows of records.

    Raises:
        FineTuningError: there are fewer records than a batch holds, or a loss is not finite.
    """
    batches = partial(random_batches, records, window, config.batch_size)
    result = fine_tune(_Logits(network), batches, config, "qat")
    return FineTuned(result.network.network, result.losses)


def write_aware(
    network: nn.Module,
    example: Tensor,
    outputs: Sequence[str],
    path: Path,
    properties: Mapping[str, str],
    *,
    bits: int,
    free_length: bool,
) -> Path:
    dynamic = (0, 2) if free_length else (0,)
    model, grids = without_marks(slimmed(traced(marked(network), example, outputs, dynamic)))
    onnx.helper.set_model_props(model, dict(properties))
    tall = HeightOne()(model)
    grids = with_heights(grids, tall)
    layers = layers_of(network, tall, grids)
    return write_quantized(QdqWriter(tall, grids, layers, bits).write(), model, path)
