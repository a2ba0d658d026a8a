import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.export.export import ExportedModel
from build_scripts.measuring.latency import Latency
from build_scripts.packaging.build import calibration_windows
from build_scripts.quantization.search import (
    CANDIDATES,
    DEFAULT_CANDIDATES,
    Figures,
    Search,
    SearchSpace,
    Tried,
    fastest,
    search,
)
from functions.core.models.engine import OnnxEngine
from tests.build_scripts.conftest import WINDOW

FIGURES = Figures(0.95, 0.999, 0.3, 2.0, Latency(1.0, 1.1, 1.2, 0.9, 200))


def tried(name: str, speedup: float, refused: str | None = None) -> Tried:
    return Tried(name, replace(FIGURES, speedup=speedup), refused)


@pytest.fixture(scope="module")
def found(exported: ExportedModel, records: RecordSet, tmp_path_factory: pytest.TempPathFactory) -> Search:
    windows = calibration_windows(records, WINDOW, 8)
    space = SearchSpace(("static-minmax", "static-per-tensor", "dynamic-uint8"), windows, records, 1.0)
    return search(exported.path, space, tmp_path_factory.mktemp("search"))


def test_every_candidate_is_made_and_measured_beside_float32(found: Search) -> None:
    assert [one.name for one in found.tried] == ["fp32", "static-minmax", "static-per-tensor", "dynamic-uint8"]
    figures = {one.name: one.figures for one in found.tried}
    fp32 = figures["fp32"]
    assert fp32 is not None
    assert (fp32.agreement, fp32.size_ratio, fp32.speedup) == (1.0, 1.0, 1.0)
    assert all(one is not None and one.size_ratio < 0.6 for name, one in figures.items() if name != "fp32")


def test_a_dynamic_variant_is_refused_for_what_it_runs(found: Search) -> None:
    (dynamic,) = [one for one in found.tried if one.name == "dynamic-uint8"]
    assert "convolutions not in integers" in str(dynamic.refused)
    assert "dynamic-uint8: " in found.reasons()


def test_what_is_kept_runs(found: Search) -> None:
    if found.kept is None:
        assert found.path is None
        assert "static-minmax: " in found.reasons()
    else:
        assert found.path is not None
        assert OnnxEngine(found.path).run(np.zeros((2, 1, WINDOW), np.float32)).logits.shape == (2, 11)


def test_a_candidate_that_cannot_be_made_is_told(tmp_path: Path, records: RecordSet, dense: Path) -> None:
    windows = calibration_windows(records, WINDOW, 2)
    found = search(dense, SearchSpace(("static-minmax",), windows, records), tmp_path)
    assert found.kept is None
    assert "static-minmax: " in found.reasons()


def test_the_fastest_that_passes_is_kept() -> None:
    assert fastest([tried("fp32", 1.0), tried("slow", 1.5), tried("fast", 2.0), tried("bad", 9.0, "wrong")]) == "fast"


def test_of_equally_fast_ones_the_first_is_kept() -> None:
    assert fastest([tried("fp32", 1.0), tried("first", 1.96), tried("second", 2.0)]) == "first"


def test_nothing_is_kept_where_all_are_refused() -> None:
    assert fastest([tried("fp32", 1.0), tried("bad", 2.0, "wrong"), Tried("none", None, "not made")]) is None


def test_the_accuracy_limit_is_kept(exported: ExportedModel, records: RecordSet, tmp_path: Path) -> None:
    windows = calibration_windows(records, WINDOW, 8)
    found = search(exported.path, SearchSpace(("static-minmax",), windows, records, -1.0), tmp_path)
    assert found.kept is None
    assert "accuracy" in found.reasons()


def test_each_candidate_is_logged(
    exported: ExportedModel, records: RecordSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "build"):
        space = SearchSpace(("static-minmax",), calibration_windows(records, WINDOW, 2), records)
        search(exported.path, space, tmp_path)
    assert [line.split(":")[0].strip() for line in caplog.messages] == ["fp32", "static-minmax"]


@pytest.mark.parametrize("name", CANDIDATES)
def test_the_manifest_can_say_how_each_was_made(name: str) -> None:
    candidate = CANDIDATES[name]
    assert candidate.method in {"static-qdq", "dynamic", "weights-only"}
    assert (candidate.settings(64).get("calibration_windows") == 64) is (candidate.technique == "static")


def test_the_default_starts_with_what_ships() -> None:
    assert DEFAULT_CANDIDATES[0] == "static-minmax"
    assert set(DEFAULT_CANDIDATES) <= set(CANDIDATES)
    assert CANDIDATES["static-minmax"].settings(256) == {
        "activations": "uint8",
        "weights": "int8",
        "per_channel": True,
        "weight_bits": 7,
        "calibration": "minmax",
        "calibration_windows": 256,
    }
