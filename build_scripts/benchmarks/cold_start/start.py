"""One cold start, and many in turn."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from build_scripts.benchmarks.cold_start.arms import Arm
from build_scripts.data.progress import Progress
from build_scripts.errors import BuildError
from build_scripts.local.lambda_sandbox.events import read_event
from build_scripts.local.lambda_sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Start:
    """One cold start: ms until the function asked for its first event, ms of the first diagnosis, peak memory in MB."""

    init_ms: float
    first_ms: float
    peak_mb: float

    @property
    def total_ms(self) -> float:
        """From the start of the process to the first diagnosis."""
        return self.init_ms + self.first_ms


def start(arm: Arm) -> Start:
    """Start an arm in a new sandbox and have it answer one event.

    Raises:
        BuildError: it fails; the message has its output.
    """
    with Sandbox(arm.places, arm.function) as sandbox:
        begun = sandbox.started
        if begun.kind != ("next" if arm.answers else "exit"):
            raise BuildError(f"{arm.label} does not start: {sandbox.log()[-500:]}")
        if not arm.answers:
            return Start(begun.content["init_ms"], 0.0, 0.0)
        outcome = sandbox.invoke(read_event(arm.event))
        if outcome.kind != "response" or outcome.body["statusCode"] != 200:
            raise BuildError(f"{arm.label} does not answer: {outcome.content}")
        return Start(begun.content["init_ms"], outcome.content["duration_ms"], outcome.content["max_memory_mb"])


def starts(arms: Mapping[str, Arm], rounds: int) -> dict[str, list[Start]]:
    """Start every arm once in each round; the first round, which reads files from the disk, is left out."""
    taken: dict[str, list[Start]] = {name: [] for name in arms}
    for number in Progress(range(rounds + 1), "cold starts", "round"):
        for name, arm in arms.items():
            one = start(arm)
            if number:
                taken[name].append(one)
    return taken


def summary(taken: Mapping[str, Sequence[Start]], against: str) -> dict[str, dict[str, Any]]:
    """Return medians of every arm, in ms and MB, and the median of its ratios to another arm of the same round."""
    bases = [one.total_ms for one in taken[against]]
    return {
        name: {
            "init_ms": statistics.median(one.init_ms for one in many),
            "first_ms": statistics.median(one.first_ms for one in many),
            "total_ms": statistics.median(one.total_ms for one in many),
            "fastest_ms": min(one.total_ms for one in many),
            "ratio": statistics.median(one.total_ms / base for one, base in zip(many, bases, strict=True)),
            "peak_mb": max(one.peak_mb for one in many),
        }
        for name, many in taken.items()
    }
