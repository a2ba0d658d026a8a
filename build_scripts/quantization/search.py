"""The step that searches: every variant of a recipe is made and measured; the fastest that is good enough is kept."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import onnx

from build_scripts.data.records import LabelledRecords
from build_scripts.errors import BuildError
from build_scripts.measuring.gates import MAX_ACCURACY_DROP, MIN_AGREEMENT, MIN_SPEEDUP
from build_scripts.measuring.latency import Latency, Rounds, interleaved
from build_scripts.measuring.outputs import agreement, run_records
from build_scripts.quantization.calibration import checked_windows
from build_scripts.quantization.operators import integer_share
from build_scripts.quantization.techniques import CANDIDATES
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

FLOAT = "fp32"
ROUNDS = Rounds(count=20, calls=10)
# Candidates whose medians lie this close are equally fast; the one the recipe names first is kept, so that a
# busy machine does not choose another one.
SAME_SPEED = 0.05

log = logging.getLogger("build")


@dataclass(frozen=True)
class Figures:
    """What was measured of a candidate on the records that were searched with.

    window_accuracy and agreement with float32 in [0, 1]; size_ratio of the file and speedup of the median latency,
    both against float32; integer_share of the operators that carry the work, in [0, 1], None in packages that were
    made before it was measured. size_ratio and integer_share decide nothing.
    """

    window_accuracy: float
    agreement: float
    size_ratio: float
    speedup: float
    latency: Latency
    integer_share: float | None = None


@dataclass(frozen=True)
class Tried:
    """One candidate: its figures, None if it could not be made, and why it cannot be kept, None if it can."""

    name: str
    figures: Figures | None
    refused: str | None = None


@dataclass(frozen=True)
class Search:
    """All that were tried, float32 first, and the name and file of the one to keep; None where none is good enough."""

    tried: tuple[Tried, ...]
    kept: str | None
    path: Path | None

    def reasons(self) -> str:
        """Say of each candidate why it was refused."""
        return "; ".join(f"{one.name}: {one.refused}" for one in self.tried if one.refused)


@dataclass(frozen=True)
class SearchSpace:
    """What is searched: candidates by name, calibration windows float32 [n, C, T], and records to choose by.

    max_accuracy_drop: how far a candidate's window accuracy may lie below float32's.
    """

    names: Sequence[str]
    windows: Float32Array
    records: LabelledRecords
    max_accuracy_drop: float = MAX_ACCURACY_DROP


def search(fp32: Path, space: SearchSpace, work: Path) -> Search:
    """Make and measure every candidate of a float32 model; files are left in the work folder.

    Raises:
        QuantizationError: the calibration windows do not fit the model.
    """
    checked_windows(space.windows, onnx.load(fp32))
    made, failed = _make_all(fp32, space, work)
    files = {FLOAT: fp32} | made
    measured = _measure_all(files, space)
    limit = measured[FLOAT].window_accuracy - space.max_accuracy_drop
    tried = [
        Tried(name, figures, None if name == FLOAT else refusal(figures, limit))
        for name, figures in measured.items()
    ]
    tried += [Tried(name, None, reason) for name, reason in failed.items()]
    kept = fastest(tried)
    for one in tried:
        log.info("  %s", summary_line(one, kept))
    return Search(tuple(tried), kept, made[kept] if kept else None)


def _make_all(fp32: Path, space: SearchSpace, work: Path) -> tuple[dict[str, Path], dict[str, str]]:
    made: dict[str, Path] = {}
    failed: dict[str, str] = {}
    for name in space.names:
        try:
            made[name] = CANDIDATES[name].quantize(fp32, work / f"{name}.onnx", space.windows)
        except BuildError as error:
            failed[name] = str(error).removesuffix(".")
    return made, failed


def _measure_all(files: Mapping[str, Path], space: SearchSpace) -> dict[str, Figures]:
    engines = {name: OnnxEngine(path) for name, path in files.items()}
    window = space.windows.shape[2]
    outputs = {name: run_records(engine, space.records, window, name) for name, engine in engines.items()}
    calls = {name: partial(engine.run, space.windows[:1]) for name, engine in engines.items()}
    latencies = interleaved(calls, ROUNDS)
    return {
        name: Figures(
            window_accuracy=outputs[name].window_accuracy,
            agreement=agreement(outputs[FLOAT], outputs[name]),
            size_ratio=path.stat().st_size / files[FLOAT].stat().st_size,
            speedup=latencies[FLOAT].p50_ms / latencies[name].p50_ms,
            latency=latencies[name],
            integer_share=integer_share(path),
        )
        for name, path in files.items()
    }


def refusal(one: Figures, lowest_accuracy: float) -> str | None:
    """Return the gates that a candidate fails, with its figures, None if it passes them all."""
    reasons = [
        (one.window_accuracy < lowest_accuracy, f"accuracy {one.window_accuracy:.4f} below {lowest_accuracy:.4f}"),
        (one.agreement < MIN_AGREEMENT, f"agreement {one.agreement:.4f} below {MIN_AGREEMENT:g}"),
        (one.speedup < MIN_SPEEDUP, f"speed {one.speedup:.2f} of float32's"),
    ]
    return ", ".join(reason for holds, reason in reasons if holds) or None


def fastest(tried: Sequence[Tried]) -> str | None:
    """Return the first of those that are not refused and as fast as the fastest, None if all are refused."""
    good = {one.name: one.figures.speedup for one in tried if one.figures and not one.refused and one.name != FLOAT}
    limit = max(good.values(), default=0.0) * (1.0 - SAME_SPEED)
    return next((name for name, speedup in good.items() if speedup >= limit), None)


def summary_line(one: Tried, kept: str | None) -> str:
    """Return the line of a candidate in the log: its figures, and whether it is kept or why it is refused."""
    if one.figures is None:
        return f"{one.name}: {one.refused}"
    figures = one.figures
    text = (
        f"{one.name}: {figures.window_accuracy:.2%} of windows, {figures.speedup:.2f}x, size {figures.size_ratio:.3f}"
    )
    verdict = "kept" if one.name == kept else one.refused
    return f"{text} ({verdict})" if verdict else text
