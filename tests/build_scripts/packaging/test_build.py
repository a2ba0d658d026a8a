"""The end of a build with a variant that the search kept and the unseen records refuse."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from build_scripts.errors import GateFailed
from build_scripts.evidence.measure import ModelFiles
from build_scripts.measuring.gates import Accuracy, Measurements, Quantized
from build_scripts.packaging import build
from build_scripts.quantization.search import Search, Tried

RIGHT = Accuracy(record=1.0, window=1.0)
FILES = ModelFiles(Path("model_fp32.onnx"), Path("model_int8.onnx"), np.zeros((1, 1, 8), np.float32))
FOUND = Search((Tried("fp32", None), Tried("dynamic-uint8", None)), "dynamic-uint8", FILES.quantized)


def content(measured: Measurements) -> Any:
    return SimpleNamespace(measured=measured)


def quantized(**changes: float) -> Measurements:
    good = Quantized(RIGHT, agreement=1.0, size_ratio=0.3, latency_ratio=1.5, integer_share=1.0)
    return Measurements(0.0, RIGHT, replace(good, **changes))  # type: ignore[arg-type]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ModelFiles, Search]]:
    """Calls that make the content a second time, with float32 alone."""
    calls: list[tuple[ModelFiles, Search]] = []

    def remade(_: Any, __: Any, files: ModelFiles, found: Search) -> Any:
        calls.append((files, found))
        return content(Measurements(0.0, RIGHT, None))

    monkeypatch.setattr(build, "_content", remade)
    return calls


def passing(measured: Measurements) -> Any:
    nothing: Any = None
    return build._passing(nothing, nothing, FILES, FOUND, content(measured))


def test_a_variant_that_passes_stays(made: list[tuple[ModelFiles, Search]]) -> None:
    assert passing(quantized()).measured.int8 is not None
    assert made == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"latency_ratio": 0.9958}, "Gate int8 speed over float32 failed: measured 0.9958, limit >= 1."),
        ({"agreement": 0.98}, "Gate int8 argmax agreement failed: measured 0.98, limit >= 0.99."),
    ],
)
def test_a_variant_that_the_unseen_records_refuse_leaves_float32(
    made: list[tuple[ModelFiles, Search]], changes: dict[str, float], reason: str
) -> None:
    assert passing(quantized(**changes)).measured.int8 is None
    ((files, found),) = made
    assert (files.quantized, files.fp32) == (None, FILES.fp32)
    assert (found.kept, found.path, found.candidate) == (None, None, None)
    assert found.reasons() == f"dynamic-uint8: {reason}"


def test_an_export_that_differs_is_no_reason_to_try_again(made: list[tuple[ModelFiles, Search]]) -> None:
    with pytest.raises(GateFailed, match="export max abs difference"):
        passing(replace(quantized(), export_max_abs_difference=0.1))
    assert made == []
