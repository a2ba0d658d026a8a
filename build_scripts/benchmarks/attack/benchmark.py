"""The whole attack: the fuzzer, both documents, slow connections, a soak and kills; one report of it."""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from build_scripts.benchmarks.attack.block import HANG_S, Counts, judge
from build_scripts.benchmarks.attack.cases import Failure, read_kept
from build_scripts.benchmarks.attack.connections import hold_connections
from build_scripts.benchmarks.attack.documents import find_program, try_document
from build_scripts.benchmarks.attack.fuzzing import Attack, fuzz
from build_scripts.benchmarks.attack.kills import kill_in_mid_job
from build_scripts.benchmarks.attack.soak import soak
from build_scripts.benchmarks.attack.targets import SETTINGS, TARGETS
from build_scripts.benchmarks.container_load.servers import container_process
from build_scripts.benchmarks.job_load.server import local_server
from build_scripts.errors import BuildError
from build_scripts.measuring.machine import measured_on
from build_scripts.measuring.process_memory import memory_mb

# Above it, what a target keeps is a leak.
MOST_GROWTH_MB = 50.0
# Longer than a head may take.
_HELD_S = 15.0
_EXAMPLES, _FEW_EXAMPLES = 50, 5
_ZEROS = ("server_errors", "exceptions", "hangs", "left_open", "failures", "lost", "twice")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Servers:
    """The attack on servers; without seconds of a soak there is none."""

    soak_s: float

    @property
    def examples(self) -> int:
        """Of each operation of a document; few where the soak is short."""
        return _EXAMPLES if self.soak_s >= 60 else _FEW_EXAMPLES


def run_attack(attack: Attack, servers: Servers, notify: Callable[[str], None]) -> dict[str, object]:
    """Attack everything.

    Args:
        attack: by the fuzzer.
        servers: the attack on servers.
        notify: takes a line for each part that is done.

    Returns:
        `rows` by target, `cases` in all, `failed`: a sentence for each figure over its limit.

    Raises:
        BuildError: a part could not be run.
    """
    if servers.soak_s:
        find_program()
    rows: dict[str, Row] = {name: asdict(counts) for name, counts in fuzz(attack, notify).items()}
    if servers.soak_s:
        for name, row in _servers(attack, servers):
            rows[name] = row
            notify(f"{name}: {row['cases']} cases")
    return {
        "seed": attack.seed,
        "soak_s": servers.soak_s,
        "hang_s": HANG_S,
        "most_growth_mb": MOST_GROWTH_MB,
        "cases": sum(row["cases"] for row in rows.values()),
        "rows": rows,
        "failed": [sentence for name, row in rows.items() for sentence in faults(name, row)],
        **measured_on(),
    }


def faults(name: str, row: Row) -> list[str]:
    """Return a sentence for each figure of a row that is over its limit."""
    kept = f"; replay: {', '.join(row['kept'][:5])}" if row.get("kept") else ""
    found = [f"{name}: {row[key]} {key.replace('_', ' ')}{kept}" for key in _ZEROS if row.get(key)]
    grown_mb = max(row.get("growth_mb", 0.0), row.get("peak_mb", 0.0))
    if grown_mb > MOST_GROWTH_MB:
        found.append(f"{name}: grew by {grown_mb:.0f} MB; at most {MOST_GROWTH_MB:.0f} are right")
    return found


def replay(path: Path) -> dict[str, object]:
    """Try a kept case on its target once more, and return the outcome.

    Raises:
        BuildError: the file holds no case.
    """
    case, counts = read_kept(path), Counts()
    if case.target not in TARGETS:
        raise BuildError(f"{path} is for {case.target!r}; there are {', '.join(TARGETS)}.")
    with ExitStack() as opened:
        failure: Failure | None = judge(TARGETS[case.target].opened(opened), case, counts)
    reason = "none" if failure is None else f"{failure.kind}: {failure.reason}"
    figures = {name: value for name, value in asdict(counts).items() if name != "kept"}
    found = [f"{case.target}: {reason}"] if failure else []
    return {"target": case.target, "failure": reason, **figures, "memory_mb": memory_mb()[0], "failed": found}


def _servers(attack: Attack, servers: Servers) -> Iterator[tuple[str, Row]]:
    with local_server() as local:
        yield from _server("local_server.py", local.url, local.pid, ("native",), attack, servers)
    with container_process(PALIER_DEFAULT_MODEL=SETTINGS.default_model) as container:
        yield from _server("the container", container.url, container.pid, ("container", "v2"), attack, servers)
    for victim, row in kill_in_mid_job():
        yield f"local_server.py: kill -9 of its {victim}", row


def _server(
    name: str, url: str, pid: int, targets: tuple[str, ...], attack: Attack, servers: Servers
) -> Iterator[tuple[str, Row]]:
    parts: Mapping[str, Callable[[], Row]] = {
        "its document": functools.partial(try_document, url, servers.examples, attack.seed),
        "slow connections": functools.partial(hold_connections, url, pid, _HELD_S),
        "soak": functools.partial(soak, url, pid, servers.soak_s / 2, attack.corpus, targets),
    }
    for part, run in parts.items():
        yield f"{name}: {part}", run()
