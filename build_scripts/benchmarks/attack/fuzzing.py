"""All targets under the fuzzer, a block of cases a process, as many at once as there are processors."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from build_scripts.benchmarks.attack.block import Counts
from build_scripts.benchmarks.attack.cases import Cases, Failure, keep
from build_scripts.benchmarks.attack.targets import TARGETS
from build_scripts.errors import BuildError

ROOT = Path(__file__).resolve().parents[3]
MODULE = "build_scripts.benchmarks.attack.block"
BLOCK_CASES = 5_000
# A process that is at the same case for so long does not come back.
_STALLED_S = 30.0
_LOOK_EVERY_S = 0.2
# Until the first case: libraries and the model are loaded, and every seed is tried.
_START_S = 180.0


@dataclass(frozen=True)
class Attack:
    """Settings of an attack: cases in all, made of a corpus and a random seed; failing ones go to `kept`."""

    corpus: Path
    kept: Path
    cases: int
    seed: int


@dataclass(frozen=True)
class Block:
    """Some cases of one target."""

    target: str
    numbers: range


def fuzz(attack: Attack, notify: Callable[[str], None]) -> dict[str, Counts]:
    """Attack every target.

    Args:
        attack: its settings.
        notify: takes a line for each block that is done.

    Returns:
        The counts of each target.

    Raises:
        BuildError: a block cannot be started.
    """
    blocks = list(plan(attack.cases))
    totals = {name: Counts() for name in TARGETS}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for block, counts in zip(blocks, pool.map(lambda one: run_block(attack, one), blocks), strict=True):
            add(totals[block.target], counts)
            notify(f"{block.target}: {counts.cases} cases from number {block.numbers.start}")
    return totals


def plan(cases: int) -> Iterator[Block]:
    """Yield the blocks of so many cases; each target has its share, at least one."""
    for name, target in TARGETS.items():
        wanted = max(1, round(cases * target.share))
        for first in range(0, wanted, BLOCK_CASES):
            yield Block(name, range(first, min(first + BLOCK_CASES, wanted)))


def add(total: Counts, counts: Counts) -> None:
    """Add the counts of a block: numbers are summed, times and memory are the worst of all."""
    for name, value in msgspec.to_builtins(counts).items():
        before = getattr(total, name)
        setattr(total, name, max(before, value) if name.endswith(("_s", "_mb")) else before + value)


def run_block(attack: Attack, block: Block) -> Counts:
    """Run a block; where its process crashes or hangs, that case is kept and the next begins another process."""
    total, numbers = Counts(), block.numbers
    with TemporaryDirectory(prefix="palier-attack-") as folder:
        while numbers:
            counts, ended = _run(attack, Block(block.target, numbers), Path(folder))
            add(total, counts)
            if ended is None:
                break
            number, kind, reason = ended
            total.cases += number - numbers.start + 1 - counts.cases
            total.hangs += kind == "hang"
            total.exceptions += kind == "crash"
            case = Cases(attack.corpus, block.target, attack.seed)[number]
            total.kept.append(str(keep(Failure(case, kind, reason), attack.kept)))
            numbers = range(number + 1, numbers.stop)
    return total


def _run(attack: Attack, block: Block, folder: Path) -> tuple[Counts, tuple[int, str, str] | None]:
    """Return the counts of a process, and where it ended before its last case: number, kind and reason."""
    progress, out, err = folder / "progress", folder / "out", folder / "err"
    progress.unlink(missing_ok=True)
    amounts = {"first": block.numbers.start, "count": len(block.numbers), "seed": attack.seed}
    paths = {"corpus": attack.corpus, "kept": attack.kept, "progress": progress}
    options = [f"--{name}={value}" for name, value in {**amounts, **paths}.items()]
    with out.open("wb") as output, err.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, block.target, *options],
            cwd=ROOT,
            env=_environment(),
            stdout=output,
            stderr=errors,
        )
        try:
            kind = _watch(process, progress)
        finally:
            process.kill()
            process.wait()
    lines = out.read_text().splitlines()
    counts = msgspec.json.decode(lines[-1], type=Counts) if lines else Counts()
    if kind is None:
        return counts, None
    reason = (err.read_text(errors="replace").splitlines() or [f"status {process.returncode}"])[-1]
    number = _number(progress)
    if number is None:
        raise BuildError(f"The attack on {block.target} did not start: {reason}")
    return counts, (number, kind, reason)


def _watch(process: "subprocess.Popen[bytes]", progress: Path) -> str | None:
    """Wait for a process; returns how it ended if not well."""
    number, since = None, time.monotonic()
    while process.poll() is None:
        time.sleep(_LOOK_EVERY_S)
        if (now := _number(progress)) != number:
            number, since = now, time.monotonic()
        if time.monotonic() - since > (_START_S if number is None else _STALLED_S):
            return "hang"
    return "crash" if process.returncode else None


def _number(progress: Path) -> int | None:
    content = progress.read_bytes() if progress.exists() else b""
    return int.from_bytes(content, "little") if content else None


def _environment() -> Mapping[str, str]:
    """Return the variables of a block: no setting of a user's own, and as little on the network as onnxruntime lets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PALIER_", "AWS_"))}
    return kept | {"ORT_DISABLE_TELEMETRY": "1", "PALIER_STAGE": "local"}
