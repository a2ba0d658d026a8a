"""Repairs of PyTorch's exporters, each in force while one of them runs."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from torch import Tensor
from torch.export._patches import register_gru_while_loop_decomposition, register_lstm_while_loop_decomposition
from torch.nn.modules import transformer
from torch.onnx._internal.torchscript_exporter import utils


@contextmanager
def loops_for_recurrence() -> Iterator[None]:
    """Let the exporter see the steps of an LSTM or a GRU as a loop while it works out shapes.

    Step by step, as PyTorch does it, a free number of steps fails wherever the answers of all steps are read, and the
    time grows with them. In the file the layer is one operator either way.
    Source: torch 2.13's onnx exporter, which does so for the capture alone (_capture_strategies.py).
    """
    with register_lstm_while_loop_decomposition(), register_gru_while_loop_decomposition():
        yield


@contextmanager
def masks_unread() -> Iterator[None]:
    """Keep nn.TransformerEncoder from reading its mask, whose values are not there while it is exported.

    It looks whether the mask is a causal one, for a faster kernel; the mask itself is applied in any case.
    """
    detect, transformer._detect_is_causal_mask = transformer._detect_is_causal_mask, _not_causal
    try:
        yield
    finally:
        transformer._detect_is_causal_mask = detect


def _not_causal(mask: Tensor | None, is_causal: bool | None = None, size: int | None = None) -> bool:
    return is_causal is True


@contextmanager
def graphs_unprinted() -> Iterator[None]:
    """Keep the legacy exporter from printing the graph of a network that fails to standard output.

    Source: torch 2.13's setup_onnx_logging, which turns its log on for everyone: it asks whether a function is true.
    """
    setup = utils.setup_onnx_logging
    utils.setup_onnx_logging = nullcontext  # type: ignore[assignment]  # both make a context
    try:
        yield
    finally:
        utils.setup_onnx_logging = setup
