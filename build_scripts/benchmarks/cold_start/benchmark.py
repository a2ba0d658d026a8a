"""The benchmark of cold starts: all figures of the page, measured in one run."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from build_scripts.benchmarks.cold_start.arms import Arm, labels, make_arms
from build_scripts.benchmarks.cold_start.imports import import_times
from build_scripts.benchmarks.cold_start.start import starts, summary
from build_scripts.benchmarks.cold_start.warm import largest_peak_mb, warm
from build_scripts.errors import BuildError
from build_scripts.local.lambda_sandbox.places import NotHereError
from build_scripts.measuring.machine import measured_on

MEMORY_SIZES_MB = (256, 512, 1024, 1769)


@dataclass(frozen=True)
class Effort:
    """Repetitions: cold starts of each arm, cold starts and warm requests at each memory size, requests for memory."""

    rounds: int
    rounds_a_size: int
    requests_a_size: int
    requests: int


FULL, QUICK = Effort(15, 7, 200, 2000), Effort(3, 2, 20, 150)


def benchmark_cold_start(work: Path, *, quick: bool = False) -> dict[str, object]:
    """Start the bundle again and again in the local Lambda, beside others.

    Args:
        work: folder for what the others need.
        quick: few rounds.

    Returns:
        Medians of every arm in ms with their ratios to `python -c pass` of the same round; imports; the same and
        warm requests by memory size; memory over many requests; machine and versions.

    Raises:
        BuildError: there is no local Lambda here, or an arm fails.
    """
    effort = QUICK if quick else FULL
    try:
        arms = make_arms(work)
    except NotHereError as reason:
        raise BuildError(f"Cold starts cannot be measured here: {reason}.") from None
    cold = summary(starts(arms, effort.rounds), "python")
    return {
        "labels": labels(arms),
        "cold": cold,
        "first_diagnosis_over_python": cold["palier"]["ratio"],
        "speedup_over_fastapi": cold["fastapi"]["total_ms"] / cold["palier"]["total_ms"],
        "speedup_over_fastapi_compiled": cold["fastapi_compiled"]["total_ms"] / cold["palier"]["total_ms"],
        "noise": cold["palier_again"]["total_ms"] / cold["palier"]["total_ms"],
        "imports_ms": import_times(arms["palier"]),
        "memory_sizes": [_at(arms["palier"], memory_mb, effort) for memory_mb in MEMORY_SIZES_MB],
        "warm": warm(arms["palier"], effort.requests),
        **measured_on(),
        "serving_versions": {name: version(name) for name in ("starlette", "mangum", "fastapi")},
    }


def _at(arm: Arm, memory_mb: int, effort: Effort) -> dict[str, Any]:
    sized = arm.at(memory_mb)
    cold = summary(starts({"palier": sized}, effort.rounds_a_size), "palier")["palier"]
    del cold["ratio"]
    return {
        "memory_mb": memory_mb,
        "cold": cold,
        "warm": warm(sized, effort.requests_a_size),
        "largest_request_peak_mb": largest_peak_mb(sized),
    }
