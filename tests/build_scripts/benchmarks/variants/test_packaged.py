from pathlib import Path

import pytest

from build_scripts.benchmarks.variants.benchmark import Instruments
from build_scripts.benchmarks.variants.packaged import benchmark_package
from build_scripts.benchmarks.variants.recipe import RECIPES, labels_of
from build_scripts.build_cli.parser import CHECKPOINTS
from build_scripts.errors import DataError
from functions.core.errors import ModelNotFoundError
from tests.build_scripts.conftest import shipped_package

NAME = "journal-bearing"
CHECKPOINT = CHECKPOINTS / f"{NAME}.pt"


def test_a_package_is_compared_with_its_own_files(shipped_models: Path, instruments: Instruments) -> None:
    report = benchmark_package(shipped_models, NAME, CHECKPOINT, quick=True, instruments=instruments)
    times, variants = report["latency_ms"], report["variants"]
    assert isinstance(times, dict)
    assert isinstance(variants, dict)
    assert (report["model"], report["version"]) == (NAME, shipped_package(NAME).name)
    assert set(times) == set(labels_of(RECIPES)) - {"pytorch_compiled"}
    shipped = shipped_package(NAME)
    assert variants["onnx_int8"]["size_bytes"] == (shipped / "model_int8.onnx").stat().st_size
    assert report["int8_speedup_over_onnx_fp32"] == pytest.approx(
        times["onnx_fp32"]["p50_ms"] / times["onnx_int8"]["p50_ms"]
    )
    assert report["int8_size_ratio"] == pytest.approx(
        variants["onnx_int8"]["size_bytes"] / variants["onnx_fp32"]["size_bytes"]
    )


def test_the_checkpoint_must_be_the_package_s_own(shipped_models: Path, instruments: Instruments) -> None:
    other = CHECKPOINTS / "rolling-bearing.pt"
    with pytest.raises(DataError, match=r"was not made from .*rolling-bearing\.pt: their sha256 differ"):
        benchmark_package(shipped_models, NAME, other, quick=True, instruments=instruments)


def test_an_unknown_package_is_named(shipped_models: Path, instruments: Instruments) -> None:
    with pytest.raises(ModelNotFoundError):
        benchmark_package(shipped_models, "nothing", CHECKPOINT, quick=True, instruments=instruments)
