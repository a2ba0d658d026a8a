"""PyTorch to ONNX: the one place that calls the exporter."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import onnx
import torch
from torch import nn

OPSET = 20
INPUT = "signal"


def traced(
    network: nn.Module, example: torch.Tensor, outputs: Sequence[str], dynamic: Sequence[int]
) -> onnx.ModelProto:
    """Trace a network with one input, `signal`, to ONNX.

    Args:
        network: in evaluation mode.
        example: an input float32 [B, C, T], B and T above 1.
        outputs: names of the outputs, in order.
        dynamic: dimensions of the input that stay free.

    Raises:
        TypeError: the exporter gives no program.
    """
    # A named Dim for the length beside a free batch freezes the length silently; DYNAMIC keeps both.
    shapes = (dict.fromkeys(dynamic, torch.export.Dim.DYNAMIC),)
    with warnings.catch_warnings():
        # The exporter of torch 2.13 calls its own deprecated functions.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        program = torch.onnx.export(
            network,
            (example,),
            input_names=[INPUT],
            output_names=list(outputs),
            dynamic_shapes=shapes,
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise TypeError("torch.onnx.export returned no program.")
    return program.model_proto
