"""One model's forms side by side: every row in every cell of batch and threads, then size and memory of each row."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from build_scripts.benchmarks.variants.arms import (
    Call,
    CompileUnavailableError,
    compiled_call,
    engine_calls,
    pytorch_call,
    torch_threads,
)
from build_scripts.benchmarks.variants.comparison import Cell, Comparison, Weight
from build_scripts.benchmarks.variants.memory import peak_memory
from build_scripts.benchmarks.variants.recipe import COMPILED, FLOAT32, LABELS, PYTORCH, PYTORCH_INT8, noise_windows
from build_scripts.benchmarks.variants.weight import MeasureMemory, weigh
from build_scripts.errors import QuantizationError
from build_scripts.measuring.latency import Budget, Latency, within_budget
from build_scripts.quantization.pytorch import quantize_linear_layers
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

_COMPILED_WEIGHT = Weight(None, {}, None, "its compiler works in the same process and would be counted")
_BUDGET = Budget(seconds=25)


@dataclass(frozen=True)
class Subject:
    """A model: its network in evaluation mode, the window float32 [B, channels, window] it takes, its ONNX files.

    files are by row and hold `onnx_fp32`, against which ratios are taken; labels of the rows; left_out: rows that could
    not be made, with the reason.
    """

    network: nn.Module
    channels: int
    window: int
    files: Mapping[str, Path]
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """Cells to time: every batch with every number of threads, a budget each.

    memory_batches are those whose peak memory is measured; without_compile is the reason why torch.compile is
    left out, empty where it is not.
    """

    batches: tuple[int, ...] = (1, 8, 32)
    threads: tuple[int, ...] = (1, 2)
    budget: Budget = _BUDGET
    memory_batches: tuple[int, ...] = (1, 32)
    without_compile: str = ""


FULL = Grid()
QUICK = Grid((1,), (1,), Budget(seconds=8, most=100), (1,), "left out of the quick run: compiling takes longer than it")


@dataclass(frozen=True)
class Instruments:
    """Functions that compile a network, time calls within a budget, and measure a file's peak memory on windows."""

    compile: Callable[[nn.Module, Float32Array], Call] = compiled_call
    time: Callable[[Mapping[str, Call], Budget], dict[str, Latency]] = within_budget
    memory: MeasureMemory = peak_memory


INSTRUMENTS = Instruments()


def benchmark_variants(subject: Subject, grid: Grid = FULL, instruments: Instruments = INSTRUMENTS) -> Comparison:
    """Time every form of a model in every cell, in turn, then measure size and peak memory of each.

    A form that does not exist here is left out and named in `left_out` with its reason: torch.compile without a
    compiler, PyTorch's dynamic int8 without a linear layer.

    Raises:
        ValueError: the subject has no `onnx_fp32` file.
        ModelUnavailableError: onnxruntime cannot load a file.
    """
    if FLOAT32 not in subject.files:
        raise ValueError(f"A comparison needs the {FLOAT32} file: every ratio is taken against it.")
    networks, left_out = _networks(subject.network)
    left_out |= subject.left_out
    if grid.without_compile:
        left_out[COMPILED] = grid.without_compile
    cells = tuple(_cells(subject, networks, left_out, grid, instruments))
    shapes = [(batch, subject.channels, subject.window) for batch in grid.memory_batches]
    weights = weigh(networks, subject.files, shapes, instruments.memory) | {COMPILED: _COMPILED_WEIGHT}
    rows = dict.fromkeys(row for cell in cells for row in cell.latencies)
    return Comparison(cells, {row: weights[row] for row in rows}, dict(subject.labels), left_out)


def _networks(network: nn.Module) -> tuple[dict[str, nn.Module], dict[str, str]]:
    """Return the forms that PyTorch runs by row, and those there are not, with the reason."""
    try:
        return {PYTORCH: network, PYTORCH_INT8: quantize_linear_layers(network)}, {}
    except QuantizationError as error:
        return {PYTORCH: network}, {PYTORCH_INT8: str(error)}


def _cells(
    subject: Subject,
    networks: Mapping[str, nn.Module],
    left_out: dict[str, str],
    grid: Grid,
    instruments: Instruments,
) -> Iterator[Cell]:
    """Time cell after cell; once torch.compile fails, `left_out` has the reason and it is not tried again."""
    for threads in grid.threads:
        engines = {row: OnnxEngine(path, threads) for row, path in subject.files.items()}
        with torch_threads(threads):
            for batch in grid.batches:
                windows = noise_windows(batch, subject.channels, subject.window)
                calls = {row: pytorch_call(network, windows) for row, network in networks.items()}
                if COMPILED not in left_out:
                    try:
                        calls[COMPILED] = instruments.compile(subject.network, windows)
                    except CompileUnavailableError as error:
                        left_out[COMPILED] = str(error)
                calls |= engine_calls(engines, windows)
                yield Cell(batch, threads, instruments.time(calls, grid.budget))
