"""The weight of each form of a model: its file, and the memory it takes to load and run it."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn

from build_scripts.benchmarks.variants.comparison import Weight
from build_scripts.benchmarks.variants.memory import ONNX, PYTORCH, MemoryNotMeasuredError, PeakMemory

Shape = tuple[int, int, int]
MeasureMemory = Callable[[Path, str, Shape], PeakMemory]


def weigh(
    networks: Mapping[str, nn.Module], files: Mapping[str, Path], shapes: Sequence[Shape], measure: MeasureMemory
) -> dict[str, Weight]:
    """Weigh networks, saved whole, and ONNX files on windows of each shape [B, C, T], each in a process of its own."""
    weights = {}
    with TemporaryDirectory() as folder:
        for row, network in networks.items():
            try:
                path = _saved(network, Path(folder) / f"{row}.pt")
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                weights[row] = Weight(None, {}, None, f"cannot be saved for another process: {error}")
            else:
                weights[row] = _weight(path, PYTORCH, shapes, measure)
    return weights | {row: _weight(path, ONNX, shapes, measure) for row, path in files.items()}


def _saved(network: nn.Module, path: Path) -> Path:
    torch.save(network, path)
    return path


def _weight(path: Path, runtime: str, shapes: Sequence[Shape], measure: MeasureMemory) -> Weight:
    size, peaks = path.stat().st_size, {}
    for shape in shapes:
        try:
            peaks[shape[0]] = measure(path, runtime, shape)
        except MemoryNotMeasuredError as error:
            return Weight(size, {}, None, str(error))
    rises = {batch: peak.rise_bytes for batch, peak in peaks.items()}
    return Weight(size, rises, min((peak.runtime_bytes for peak in peaks.values()), default=None))
