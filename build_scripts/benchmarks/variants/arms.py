"""The calls that are timed: one model's forms on the same windows, PyTorch and onnxruntime alike."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import torch
from torch import nn

from build_scripts.errors import BuildError
from functions.core.models.engine import Engine
from functions.core.preprocessing.arrays import Float32Array

Call = Callable[[], object]


class CompileUnavailableError(BuildError):
    """torch.compile that cannot compile here, for example without a C++ compiler."""


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let PyTorch compute on so many threads, in all of this process, and set back what was before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def pytorch_call(network: Callable[[torch.Tensor], object], windows: Float32Array) -> Call:
    """Return a call that runs a network in evaluation mode on windows float32 [B, C, T]."""
    signal = torch.from_numpy(windows)

    def call() -> object:
        with torch.inference_mode():
            return network(signal)

    return call


def compiled_call(network: nn.Module, windows: Float32Array) -> Call:
    """Compile a network for windows float32 [B, C, T] and the threads in use, and return a call of it.

    It is compiled anew for every shape, and has run once when it comes back: no call that is timed compiles.

    Raises:
        CompileUnavailableError: it cannot be compiled here.
    """
    try:
        with warnings.catch_warnings():
            # torch 2.13 calls its own deprecated functions when it loads its compiler.
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.compiler.reset()
            call = pytorch_call(torch.compile(network, dynamic=False), windows)
            call()
    except RuntimeError as error:
        # All of dynamo's and inductor's own errors are RuntimeErrors.
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise CompileUnavailableError(f"torch.compile failed: {reason[0]}") from error
    return call


def engine_calls(engines: Mapping[str, Engine], windows: Float32Array) -> dict[str, Call]:
    """Return a call for each engine that runs it on windows float32 [B, C, T]."""
    return {row: partial(engine.run, windows) for row, engine in engines.items()}
