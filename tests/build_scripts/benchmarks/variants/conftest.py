"""A tiny network, its float32 file, and instruments that measure nothing."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from build_scripts.benchmarks.variants.arms import Call, pytorch_call
from build_scripts.benchmarks.variants.benchmark import Instruments
from build_scripts.benchmarks.variants.files import CalibrationData, VariantFiles, make_files
from build_scripts.benchmarks.variants.memory import PeakMemory
from build_scripts.benchmarks.variants.recipe import RECIPES, noise_windows
from build_scripts.export.torch_export import traced
from build_scripts.measuring.latency import Budget, Latency

CHANNELS, WINDOW = 2, 256


class TinyNetwork(nn.Module):
    """Two channels, two convolutions, three classes; float32 [B, 2, T] to [B, 3]."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.Sequential(nn.Conv1d(2, 16, 9, 4), nn.ReLU(), nn.Conv1d(16, 16, 5, 2), nn.ReLU())
        self.head = nn.Linear(16, 3)

    def forward(self, signal: Tensor) -> Tensor:
        pooled = nn.functional.adaptive_avg_pool1d(self.stages(signal), 1)
        logits: Tensor = self.head(pooled.flatten(1))
        return logits


@pytest.fixture(scope="session")
def tiny() -> nn.Module:
    torch.manual_seed(0)
    return TinyNetwork().eval()


@pytest.fixture(scope="session")
def tiny_onnx(tiny: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    path.write_bytes(traced(tiny, torch.zeros(2, CHANNELS, WINDOW), ("logits",), dynamic=(0,)).SerializeToString())
    return path


@pytest.fixture(scope="session")
def tiny_files(tiny_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> VariantFiles:
    calibration = CalibrationData(noise_windows(4, CHANNELS, WINDOW))
    return make_files(tiny_onnx, calibration, RECIPES, tmp_path_factory.mktemp("files"), complete=True)


class FakeClock:
    """Gives row number n of cell number m a median of 10 m + n ms, and keeps what it was given."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, ...]] = []
        self.threads: list[int] = []

    def __call__(self, calls: Mapping[str, Call], budget: Budget) -> dict[str, Latency]:
        self.cells.append(tuple(calls))
        self.threads.append(torch.get_num_threads())
        start = 10.0 * len(self.cells)
        return {
            row: Latency(start + place, start + place + 1, start + place + 2, start, budget.least)
            for place, row in enumerate(calls)
        }


class FakeScale:
    """Gives every file a peak of its batch in MB, and keeps what it was given."""

    def __init__(self) -> None:
        self.weighed: list[tuple[str, str, tuple[int, int, int]]] = []

    def __call__(self, file: Path, runtime: str, shape: tuple[int, int, int]) -> PeakMemory:
        self.weighed.append((file.stem, runtime, shape))
        return PeakMemory(shape[0] * 1_000_000, 50_000_000)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def scale() -> FakeScale:
    return FakeScale()


@pytest.fixture
def instruments(clock: FakeClock, scale: FakeScale) -> Instruments:
    return Instruments(pytorch_call, clock, scale)
