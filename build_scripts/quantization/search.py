"""The step that searches: every variant of a recipe is made and measured; the fastest that is good enough is kept."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx

from build_scripts.data.progress import Progress
from build_scripts.data.records import LabelledRecords
from build_scripts.measuring.gates import MAX_ACCURACY_DROP, MIN_SPEEDUP
from build_scripts.measuring.latency import Latency, Rounds, interleaved
from build_scripts.quantization.attempts import Attempts
from build_scripts.quantization.calibration import checked_windows
from build_scripts.quantization.exclusion import FineTune, Material, Sensitivity
from build_scripts.quantization.judge import Answers, Judge, missed_gates
from build_scripts.quantization.operators import integer_share
from build_scripts.quantization.techniques import Candidate
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
    """Figures of a candidate on the records of the search.

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
    """All that were tried, float32 first, and the one to keep: its name, its file and how it was made.

    These are None where none is good enough. sensitivity: why layers of variants were left in float32.
    """

    tried: tuple[Tried, ...]
    kept: str | None
    path: Path | None
    candidate: Candidate | None = None
    sensitivity: tuple[Sensitivity, ...] = ()

    def reasons(self) -> str:
        """Return the reasons of refusal, each behind the names of the candidates that it refused."""
        names: dict[str, list[str]] = {}
        for one in self.tried:
            if one.refused:
                names.setdefault(one.refused, []).append(one.name)
        return "; ".join(f"{', '.join(same)}: {reason}" for reason, same in names.items())


@dataclass(frozen=True)
class SearchSpace:
    """The space of a search: candidates by name, calibration windows float32 [n, C, T], and records to choose by.

    max_accuracy_drop: how far a candidate's window accuracy may lie below float32's. conditions: of operation of the
    windows, float32 [n, K], where the model takes some. fine_tune: writes the network, trained with its rounding, to a
    path; None where there is no network to train.
    """

    names: Sequence[str]
    windows: Float32Array
    records: LabelledRecords
    max_accuracy_drop: float = MAX_ACCURACY_DROP
    conditions: Float32Array | None = None
    fine_tune: FineTune | None = None


def search(fp32: Path, space: SearchSpace, work: Path) -> Search:
    """Make and measure every candidate of a float32 model; files are left in the work folder.

    A candidate that is faster than all that pass, but whose answers miss a gate, is made once more with its worst
    layers in float32.

    Raises:
        QuantizationError: the calibration windows do not fit the model.
    """
    checked_windows(space.windows, onnx.load(fp32), space.conditions)
    judge = Judge(fp32, space.records, space.windows.shape[2], space.max_accuracy_drop)
    with TemporaryDirectory() as ranges:
        material = Material(fp32, space.windows, work, Path(ranges), space.conditions, space.fine_tune)
        attempts = Attempts(material, judge)
        for name in Progress(space.names, "quantize", "variant"):
            attempts.make(name)
        figures = _measured(attempts, list(attempts.made))
        relaxed = [attempts.relax(name) for name in _promising(attempts, figures)]
    if names := [name for name in relaxed if name is not None]:
        figures |= {name: one for name, one in _measured(attempts, names).items() if name != FLOAT}
    tried = [
        Tried(name, one, None if name == FLOAT else refusal(one, judge.lowest_accuracy))
        for name, one in figures.items()
    ]
    tried += [Tried(name, None, reason) for name, reason in attempts.failed.items()]
    tried = _confirmed(attempts, tried)
    kept = fastest(tried)
    for one in tried:
        log.info("  %s", summary_line(one, kept))
    made, sensitivity = attempts.made.get(kept or ""), tuple(attempts.sensitivity)
    if made is None:
        return Search(tuple(tried), None, None, None, sensitivity)
    return Search(tuple(tried), kept, made.path, made.candidate, sensitivity)


def _confirmed(attempts: Attempts, tried: Sequence[Tried]) -> list[Tried]:
    """Measure once more what would be kept for a gain within the noise; refuse it if it is slower than float32 then."""
    kept = fastest(tried)
    gains = {one.name: one.figures.speedup for one in tried if one.figures}
    if kept is None or gains[kept] >= MIN_SPEEDUP + SAME_SPEED:
        return list(tried)
    again = _measured(attempts, [kept])[kept].speedup
    if again >= MIN_SPEEDUP:
        return list(tried)
    reason = f"speed {gains[kept]:.2f} of float32's, {again:.2f} when measured again"
    return _confirmed(attempts, [replace(one, refused=reason) if one.name == kept else one for one in tried])


def _promising(attempts: Attempts, figures: Mapping[str, Figures]) -> list[str]:
    """Return the misses of each technique that may become faster than the best that passes."""
    lowest = attempts.judge.lowest_accuracy
    passing = [one.speedup for name, one in figures.items() if name != FLOAT and not refusal(one, lowest)]
    speedups = {name: one.speedup for name, one in figures.items()}
    return attempts.misses(speedups, max([MIN_SPEEDUP, *passing]) * (1.0 + SAME_SPEED))


def _measured(attempts: Attempts, names: Sequence[str]) -> dict[str, Figures]:
    """Return the figures of float32 and of variants that were made, timed in turn."""
    fp32, example = attempts.material.fp32, attempts.material.example
    files = {FLOAT: fp32} | {name: attempts.made[name].path for name in names}
    answers = {FLOAT: attempts.judge.float32} | {name: attempts.made[name].answers for name in names}
    latencies = interleaved({name: partial(OnnxEngine(path).run, *example) for name, path in files.items()}, ROUNDS)
    return {
        name: Figures(
            window_accuracy=answers[name].window_accuracy,
            agreement=answers[name].agreement,
            size_ratio=path.stat().st_size / fp32.stat().st_size,
            speedup=latencies[FLOAT].p50_ms / latencies[name].p50_ms,
            latency=latencies[name],
            integer_share=integer_share(path),
        )
        for name, path in files.items()
    }


def refusal(one: Figures, lowest_accuracy: float) -> str | None:
    """Return the gates that a candidate misses, with its figures, None if it passes them all."""
    reasons = missed_gates(Answers(one.window_accuracy, one.agreement), lowest_accuracy)
    if one.speedup < MIN_SPEEDUP:
        reasons.append(f"speed {one.speedup:.2f} of float32's")
    return ", ".join(reasons) or None


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
