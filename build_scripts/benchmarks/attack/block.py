"""A block of cases in a process of its own: `python -m build_scripts.benchmarks.attack.block`; JSON lines come out.

The process may crash or hang: its file of progress has the number of the case that it is at.
"""

import argparse
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from build_scripts.benchmarks.attack.cases import Case, Cases, Failure, keep
from build_scripts.benchmarks.attack.targets import TARGETS, Take, is_refusal
from build_scripts.measuring.process_memory import memory_mb
from functions.core.observability.telemetry import LOGGER

HANG_S = 2.0
# Before growth is counted: caches fill, libraries load, the allocator takes what it keeps.
WARM_UP_CASES = 200
_CHECKED_EVERY = 50
_SERVER_ERROR = 500
# Of a block, in bytes: a case that asks for more is a MemoryError, and does not take this machine's.
_MOST_ADDRESSES = 16 * 2**30


@dataclass
class Counts:
    """The counts of a block: growth and peak are of the process's memory, above what it had when warm."""

    cases: int = 0
    refused: int = 0
    server_errors: int = 0
    exceptions: int = 0
    hangs: int = 0
    slowest_s: float = 0.0
    growth_mb: float = 0.0
    peak_mb: float = 0.0
    kept: list[str] = field(default_factory=list)


class Outcome:
    """The outcome of one case, the `with` block around it: a status, or any exception, which the attack looks for."""

    status = 0
    raised: Exception | None = None

    def __enter__(self) -> Self:
        """Return the outcome, to be filled."""
        return self

    def __exit__(self, kind: type[BaseException] | None, raised: BaseException | None, trace: object) -> bool:
        """Keep an exception; what ends the process passes."""
        self.raised = raised if isinstance(raised, Exception) else None
        return self.raised is not None


def judge(take: Take, case: Case, counts: Counts) -> Failure | None:
    """Try one case on a target and count the outcome."""
    began, failure = time.perf_counter(), None
    with Outcome() as outcome:
        outcome.status = take(case.name, case.content)
    if outcome.raised is None:
        counts.refused += 400 <= outcome.status < _SERVER_ERROR
        if outcome.status >= _SERVER_ERROR:
            counts.server_errors += 1
            failure = Failure(case, "500", f"status {outcome.status}")
    elif is_refusal(outcome.raised):
        counts.refused += 1
    else:
        counts.exceptions += 1
        failure = Failure(case, "exception", f"{type(outcome.raised).__name__}: {outcome.raised}"[:500])
    took_s = time.perf_counter() - began
    counts.cases += 1
    counts.slowest_s = max(counts.slowest_s, took_s)
    if took_s > HANG_S:
        counts.hangs += 1
        failure = failure or Failure(case, "hang", f"{took_s:.1f} s")
    return failure


def attack(cases: Cases, target: str, numbers: range, kept: Path, progress: Path) -> Iterator[Counts]:
    """Try cases on a target, and yield the counts so far from time to time and at the end.

    Args:
        cases: of the target.
        target: its name.
        numbers: of the cases.
        kept: folder for cases that fail.
        progress: file for the number of the case in work.
    """
    counts = Counts()
    with ExitStack() as opened, progress.open("wb", buffering=0) as place:
        take = TARGETS[target].opened(opened)
        _warm_up(take, cases)
        start_mb = memory_mb()[0]
        for number in numbers:
            os.pwrite(place.fileno(), number.to_bytes(8, "little"), 0)
            failure = judge(take, cases[number], counts)
            if failure is not None:
                counts.kept.append(str(keep(failure, kept)))
            if counts.cases % _CHECKED_EVERY == 0 or number == numbers[-1]:
                now_mb, peak_mb = memory_mb()
                counts.growth_mb = now_mb - start_mb
                counts.peak_mb = max(counts.peak_mb, peak_mb - start_mb)
                yield counts


def _warm_up(take: Take, cases: Cases) -> None:
    unused = Counts()
    for case in (*cases.unchanged(), *(cases[-1 - number] for number in range(WARM_UP_CASES))):
        judge(take, case, unused)
    with suppress(OSError):
        # The peak begins anew. Source: Linux, Documentation/filesystems/proc.rst.
        Path("/proc/self/clear_refs").write_text("5")


def main() -> int:
    """Attack one target."""
    parser = argparse.ArgumentParser(prog="python -m build_scripts.benchmarks.attack.block", description=__doc__)
    parser.add_argument("target", choices=tuple(TARGETS))
    for name in ("first", "count", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("corpus", "kept", "progress"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    # Each refusal would be logged with its traceback, a thousand times.
    logging.disable()
    LOGGER.disabled = True
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_ADDRESSES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    numbers = range(options.first, options.first + options.count)
    cases = Cases(options.corpus, options.target, options.seed)
    for counts in attack(cases, options.target, numbers, options.kept, options.progress):
        sys.stdout.write(json.dumps(asdict(counts)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
