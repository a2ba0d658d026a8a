from pathlib import Path

import pytest
from torch import Tensor, nn

from build_scripts.benchmarks.variants.memory import MemoryNotMeasuredError, PeakMemory
from build_scripts.benchmarks.variants.weight import weigh
from tests.build_scripts.benchmarks.variants.conftest import FakeScale

SHAPES = [(1, 2, 256), (8, 2, 256)]


def test_networks_are_saved_and_files_weighed_as_they_are(tiny: nn.Module, tiny_onnx: Path, scale: FakeScale) -> None:
    weights = weigh({"pytorch": tiny}, {"onnx_fp32": tiny_onnx}, SHAPES, scale)
    assert scale.weighed == [
        (name, runtime, shape) for name, runtime in (("pytorch", "pytorch"), ("tiny", "onnx")) for shape in SHAPES
    ]
    assert weights["onnx_fp32"].size_bytes == tiny_onnx.stat().st_size
    assert weights["onnx_fp32"].peak_memory_bytes == {1: 1_000_000, 8: 8_000_000}
    assert weights["onnx_fp32"].runtime_memory_bytes == 50_000_000
    assert weights["onnx_fp32"].note is None


def test_a_network_that_cannot_be_saved_is_noted(scale: FakeScale) -> None:
    class Local(nn.Module):
        def forward(self, signal: Tensor) -> Tensor:
            return signal

    weight = weigh({"pytorch": Local()}, {}, SHAPES, scale)["pytorch"]
    assert (weight.size_bytes, weight.peak_memory_bytes) == (None, {})
    assert str(weight.note).startswith("cannot be saved for another process: ")


def test_memory_that_cannot_be_measured_is_noted(tiny_onnx: Path) -> None:
    def broken(*_: object) -> PeakMemory:
        raise MemoryNotMeasuredError("no /proc")

    weight = weigh({}, {"onnx_fp32": tiny_onnx}, SHAPES, broken)["onnx_fp32"]
    assert (weight.peak_memory_bytes, weight.runtime_memory_bytes, weight.note) == ({}, None, "no /proc")


@pytest.mark.parametrize("shapes", [[]])
def test_without_shapes_only_files_are_weighed(tiny_onnx: Path, scale: FakeScale, shapes: list[object]) -> None:
    weight = weigh({}, {"onnx_fp32": tiny_onnx}, [], scale)["onnx_fp32"]
    assert (weight.peak_memory_bytes, weight.runtime_memory_bytes) == ({}, None)
    assert scale.weighed == shapes
