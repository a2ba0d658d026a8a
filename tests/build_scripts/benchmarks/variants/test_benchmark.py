from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from build_scripts.benchmarks.variants.arms import Call, CompileUnavailableError
from build_scripts.benchmarks.variants.benchmark import Grid, Instruments, Subject, benchmark_variants
from build_scripts.benchmarks.variants.files import VariantFiles
from build_scripts.benchmarks.variants.recipe import RECIPES, labels_of
from build_scripts.measuring.latency import Budget
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.benchmarks.variants.conftest import CHANNELS, WINDOW, FakeClock, FakeScale

GRID = Grid(batches=(1, 8), threads=(1, 2), memory_batches=(1, 8))
ROWS = (
    "pytorch",
    "pytorch_dynamic_int8",
    "pytorch_compiled",
    "onnx_fp32",
    "onnx_fp32_optimized",
    "onnx_int8",
    "onnx_dynamic_uint8",
    "onnx_dynamic_int8",
    "onnx_weights_int8",
    "onnx_fp16",
)


@pytest.fixture
def subject(tiny: nn.Module, tiny_files: VariantFiles) -> Subject:
    return Subject(tiny, CHANNELS, WINDOW, tiny_files.files, labels_of(RECIPES))


def test_every_row_stands_in_every_cell(subject: Subject, instruments: Instruments, clock: FakeClock) -> None:
    before = torch.get_num_threads()
    comparison = benchmark_variants(subject, GRID, instruments)
    assert [(cell.batch, cell.threads) for cell in comparison.cells] == [(1, 1), (8, 1), (1, 2), (8, 2)]
    assert clock.cells == [ROWS] * 4
    assert clock.threads == [1, 1, 2, 2]
    assert torch.get_num_threads() == before
    assert tuple(comparison.weights) == ROWS
    assert comparison.left_out == {}


def test_figures_come_from_their_own_cell(subject: Subject, instruments: Instruments) -> None:
    cell = benchmark_variants(subject, GRID, instruments).cell(batch=8, threads=1)
    float32, int8 = (20 + ROWS.index(row) for row in ("onnx_fp32", "onnx_int8"))
    assert cell.speedup("onnx_int8") == pytest.approx(float32 / int8)
    assert cell.speedup("onnx_fp32") == 1
    assert cell.windows_per_s("onnx_int8") == pytest.approx(8 / int8 * 1000)


def test_files_and_networks_are_weighed_on_the_windows_of_each_batch(
    subject: Subject, instruments: Instruments, scale: FakeScale
) -> None:
    weights = benchmark_variants(subject, GRID, instruments).weights
    assert [one for one in scale.weighed if one[0] == "onnx_int8"] == [
        ("onnx_int8", "onnx", (1, CHANNELS, WINDOW)),
        ("onnx_int8", "onnx", (8, CHANNELS, WINDOW)),
    ]
    assert ("pytorch", "pytorch", (1, CHANNELS, WINDOW)) in scale.weighed
    assert weights["onnx_int8"].peak_memory_bytes == {1: 1_000_000, 8: 8_000_000}
    assert weights["onnx_int8"].size_bytes == subject.files["onnx_int8"].stat().st_size
    assert weights["pytorch_compiled"].peak_memory_bytes == {}
    assert "compiler" in str(weights["pytorch_compiled"].note)


def test_torch_compile_that_fails_is_tried_once_and_reported(
    subject: Subject, instruments: Instruments, clock: FakeClock
) -> None:
    tried = []

    def compile_nothing(_: nn.Module, windows: Float32Array) -> Call:
        tried.append(windows.shape)
        raise CompileUnavailableError("torch.compile failed: no C++ compiler")

    comparison = benchmark_variants(subject, GRID, replace(instruments, compile=compile_nothing))
    assert tried == [(1, CHANNELS, WINDOW)]
    assert comparison.left_out == {"pytorch_compiled": "torch.compile failed: no C++ compiler"}
    assert clock.cells == [tuple(row for row in ROWS if row != "pytorch_compiled")] * 4
    assert "pytorch_compiled" not in comparison.weights


def test_torch_compile_can_be_left_out_with_a_reason(subject: Subject, instruments: Instruments) -> None:
    comparison = benchmark_variants(subject, replace(GRID, without_compile="too long"), instruments)
    assert comparison.left_out == {"pytorch_compiled": "too long"}


class Headless(nn.Module):
    def forward(self, signal: Tensor) -> Tensor:
        return signal.mean(dim=2)


def test_rows_that_do_not_apply_are_left_out_with_their_reason(
    tiny_files: VariantFiles, instruments: Instruments
) -> None:
    files = {"onnx_fp32": tiny_files.files["onnx_fp32"]}
    subject = Subject(Headless().eval(), CHANNELS, WINDOW, files, left_out={"onnx_fp16": "nothing to convert"})
    comparison = benchmark_variants(subject, GRID, instruments)
    assert list(comparison.weights) == ["pytorch", "pytorch_compiled", "onnx_fp32"]
    assert comparison.left_out == {
        "pytorch_dynamic_int8": "The network has no linear layer to quantize.",
        "onnx_fp16": "nothing to convert",
    }


def test_without_float32_there_is_nothing_to_compare_with(tiny: nn.Module, instruments: Instruments) -> None:
    with pytest.raises(ValueError, match="A comparison needs the onnx_fp32 file"):
        benchmark_variants(Subject(tiny, CHANNELS, WINDOW, {}), GRID, instruments)


def test_the_real_clock_times_every_row(subject: Subject, instruments: Instruments) -> None:
    real = Instruments(instruments.compile, memory=instruments.memory)
    grid = Grid((1,), (1,), Budget(seconds=0.01), (1,))
    (cell,) = benchmark_variants(subject, grid, real).cells
    assert tuple(cell.latencies) == ROWS
    assert all(latency.calls >= 5 and latency.p99_ms >= latency.p50_ms > 0 for latency in cell.latencies.values())
