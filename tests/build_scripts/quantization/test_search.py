import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.errors import QuantizationError
from build_scripts.export.export import ExportedModel
from build_scripts.measuring.latency import Latency
from build_scripts.packaging.build import calibration_windows
from build_scripts.quantization.search import (
    Figures,
    Search,
    SearchSpace,
    Tried,
    fastest,
    refusal,
    search,
    summary_line,
)
from functions.core.errors import ModelUnavailableError
from functions.core.models.engine import OnnxEngine
from tests.build_scripts.conftest import WINDOW
from tests.build_scripts.quantization.chain import ROTATED, chain_records, spoiling, write_chain

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
    shares = {name: round(one.integer_share or 0.0, 2) for name, one in figures.items() if one is not None}
    # Three convolutions, the head, and the distance, which stays float32 in each.
    assert shares == {"fp32": 0.0, "static-minmax": 0.6, "static-per-tensor": 0.6, "dynamic-uint8": 0.2}


def test_the_size_and_the_share_of_integers_refuse_no_candidate() -> None:
    figures = replace(FIGURES, size_ratio=1.5, integer_share=0.0)
    assert refusal(figures, 0.945) is None
    assert refusal(figures, 0.955) == "accuracy 0.9500 below 0.9550"
    assert refusal(replace(figures, agreement=0.98, speedup=0.9), 0.945) == (
        "agreement 0.9800 below 0.99, speed 0.90 of float32's"
    )


def test_what_is_kept_runs(
    exported: ExportedModel, records: RecordSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for gate in ("judge.MIN_AGREEMENT", "search.MIN_SPEEDUP"):
        monkeypatch.setattr(f"build_scripts.quantization.{gate}", 0.0)
    space = SearchSpace(("static-minmax",), calibration_windows(records, WINDOW, 8), records, 1.0)
    found = search(exported.path, space, tmp_path)
    assert (found.kept, found.path) == ("static-minmax", tmp_path / "static-minmax.onnx")
    assert OnnxEngine(tmp_path / "static-minmax.onnx").run(np.zeros((2, 1, WINDOW), np.float32)).logits.shape == (2, 11)


def test_where_no_candidate_passes_there_is_no_file(
    exported: ExportedModel, records: RecordSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("build_scripts.quantization.search.MIN_SPEEDUP", float("inf"))
    space = SearchSpace(("static-minmax",), calibration_windows(records, WINDOW, 2), records, 1.0)
    found = search(exported.path, space, tmp_path)
    assert (found.kept, found.path) == (None, None)
    assert found.reasons().startswith("static-minmax: ")
    assert "of float32's" in found.reasons()


def test_a_candidate_that_cannot_be_made_is_reported(tmp_path: Path, records: RecordSet, dense: Path) -> None:
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


def test_candidates_with_the_same_reason_stand_together() -> None:
    none = Tried("first", None, "not tried: no layer")
    found = Search((tried("fp32", 1.0), none, tried("slow", 0.5, "speed 0.50"), replace(none, name="last")), None, None)
    assert found.reasons() == "first, last: not tried: no layer; slow: speed 0.50"


def test_the_accuracy_limit_is_kept(exported: ExportedModel, records: RecordSet, tmp_path: Path) -> None:
    windows = calibration_windows(records, WINDOW, 8)
    found = search(exported.path, SearchSpace(("static-minmax",), windows, records, -1.0), tmp_path)
    assert found.kept is None
    assert "accuracy" in found.reasons()


@pytest.fixture
def spoiled(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """A search whose candidates spoil layers of a chain, with speeds that a test sets."""
    louder = 1.5 * np.eye(4, dtype=np.float32)
    candidates = {
        "clean": spoiling({"first": louder, "second": louder}),
        "wrong": spoiling({"first": louder, "second": ROTATED, "third": louder}),
    }
    speedups = {"fp32": 1.0, "clean": 2.0, "wrong": 3.0, "wrong-partial": 2.5}

    def timed(calls: Mapping[str, object], rounds: object) -> dict[str, Latency]:
        return {name: replace(FIGURES.latency, p50_ms=1 / speedups[name]) for name in calls}

    monkeypatch.setattr("build_scripts.quantization.attempts.CANDIDATES", candidates)
    monkeypatch.setattr("build_scripts.quantization.search.interleaved", timed)
    return speedups


def search_chain(folder: Path) -> Search:
    source = write_chain(folder / "fp32.onnx", {"first": 1.0, "second": 1.0, "third": 1.0})
    windows = np.eye(4, dtype=np.float32)[:, None]
    return search(source, SearchSpace(("clean", "wrong"), windows, chain_records()), folder)


def test_a_fast_variant_of_wrong_answers_is_kept_without_its_worst_layers(
    spoiled: dict[str, float], tmp_path: Path
) -> None:
    found = search_chain(tmp_path)
    assert (found.kept, found.path) == ("wrong-partial", tmp_path / "wrong-partial.onnx")
    assert found.candidate is not None
    assert found.candidate.settings(4)["excluded"] == "second"
    (sensitivity,) = found.sensitivity
    assert (sensitivity.variant, list(sensitivity.excluded)) == ("wrong", ["second"])
    assert {one.name: one.refused for one in found.tried} == {
        "fp32": None,
        "clean": None,
        "wrong": "accuracy 0.0000 below 0.9950, agreement 0.0000 below 0.99",
        "wrong-partial": None,
    }
    assert {one.name: one.figures.speedup for one in found.tried if one.figures} == pytest.approx(spoiled)


@pytest.mark.parametrize(("again", "kept"), [(1.01, "clean"), (0.99, None)])
def test_a_gain_within_the_noise_is_measured_once_more(
    spoiled: dict[str, float], again: float, kept: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spoiled |= {"wrong": 0.9}
    gains = iter([1.02, again])

    def timed(calls: Mapping[str, object], rounds: object) -> dict[str, Latency]:
        speedups = spoiled | {"clean": next(gains)}
        return {name: replace(FIGURES.latency, p50_ms=1 / speedups[name]) for name in calls}

    monkeypatch.setattr("build_scripts.quantization.search.interleaved", timed)
    found = search_chain(tmp_path)
    assert (found.kept, next(gains, None)) == (kept, None)
    refused = None if kept else "speed 1.02 of float32's, 0.99 when measured again"
    assert {one.name: one.refused for one in found.tried}["clean"] == refused


@pytest.mark.parametrize("wrong", [2.0, 0.9])
def test_a_variant_that_is_no_faster_is_not_looked_into(
    spoiled: dict[str, float], tmp_path: Path, wrong: float
) -> None:
    spoiled["wrong"] = wrong
    found = search_chain(tmp_path)
    assert (found.kept, found.sensitivity) == ("clean", ())
    assert [one.name for one in found.tried] == ["fp32", "clean", "wrong"]
    assert not (tmp_path / "wrong-partial.onnx").exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (QuantizationError("A layer cannot be quantized alone."), "A layer cannot be quantized alone"),
        (ModelUnavailableError("secret"), "onnxruntime does not run it with a layer left out (ModelUnavailableError)"),
    ],
)
def test_a_partial_variant_that_cannot_be_made_is_a_reason(
    spoiled: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr("build_scripts.quantization.exclusion.layer_errors", failing)
    found = search_chain(tmp_path)
    assert (found.kept, found.sensitivity, found.tried[-1]) == ("clean", (), Tried("wrong-partial", None, reason))


def test_a_variant_that_is_slow_without_its_worst_layers_is_refused(spoiled: dict[str, float], tmp_path: Path) -> None:
    spoiled["wrong-partial"] = 0.7
    found = search_chain(tmp_path)
    assert found.kept == "clean"
    assert "wrong-partial: speed 0.70 of float32's" in found.reasons()


def test_each_candidate_is_logged(
    exported: ExportedModel, records: RecordSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "build"):
        space = SearchSpace(("static-minmax",), calibration_windows(records, WINDOW, 2), records)
        search(exported.path, space, tmp_path)
    assert [line.split(":")[0].strip() for line in caplog.messages] == ["fp32", "static-minmax"]


def test_a_candidate_s_line_says_what_was_measured_and_decided() -> None:
    figures = "95.00% of windows, 2.00x, size 0.300"
    assert summary_line(tried("fast", 2.0), "fast") == f"fast: {figures} (kept)"
    assert summary_line(tried("slow", 2.0, "accuracy"), "fast") == f"slow: {figures} (accuracy)"
    assert summary_line(tried("second", 2.0), "fast") == f"second: {figures}"
    assert summary_line(Tried("none", None, "not made"), "fast") == "none: not made"
