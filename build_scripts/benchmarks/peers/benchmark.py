"""The benchmark beside the peers: the same model file, one process, one engine thread, one machine, in turn."""

import json
import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import distributions
from pathlib import Path

import numpy as np

from build_scripts.benchmarks.peers.environments import ROOT
from build_scripts.benchmarks.peers.running import Asked, running
from build_scripts.benchmarks.peers.table import AGAIN, ENGINES, LOCAL, SERVERS, Body, Peer, headers_of, installable
from build_scripts.benchmarks.peers.wrk import Hits, hit
from build_scripts.data.progress import Progress
from build_scripts.errors import BuildError
from build_scripts.measuring.machine import measured_on
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import Manifest
from functions.core.models.models import CpuEngines, ModelRepository

CONNECTIONS = (1, 8, 64)
BODIES: tuple[Body, ...] = ("json", "binary")
# The package whose version is shown for each environment.
_PACKAGES = {
    "fastapi_raw": "fastapi", "fastapi_list": "fastapi", "litserve": "litserve", "bentoml": "bentoml",
    "mlserver": "mlserver", "kserve": "kserve", "ray": "ray", "triton": "nvidia-pytriton",
}  # fmt: skip

Cell = tuple[Body, int]


@dataclass(frozen=True)
class Effort:
    """Number of rounds, and seconds of load on each cell in each of them, after a warm-up."""

    rounds: int
    seconds: float
    warm_up_s: float
    engine_rounds: int


FULL, QUICK = Effort(3, 3.0, 1.0, 100), Effort(1, 1.0, 1.0, 10)
_ENGINES_TIMEOUT_S = 600


@dataclass(frozen=True)
class Turn:
    """One turn of a server: time to its first right answer (s), memory after the load (MB), the hits of each cell."""

    start_s: float
    memory_mb: float
    hits: Mapping[Cell, Hits]


def benchmark_peers(models: Path, name: str, folder: Path, *, quick: bool = False) -> dict[str, object]:
    """Measure every server, all in turn in each round, one of them twice for the noise.

    Args:
        models: folder of the packages.
        name: the model; each request is one window of it.
        folder: of the environments.
        quick: one short round.

    Returns:
        For each server medians over the rounds; what is not installable here by its reason; machine and versions.

    Raises:
        BuildError: an environment cannot be made, a server does not answer rightly, wrk is missing.
    """
    effort = QUICK if quick else FULL
    manifest = ModelRepository(models).manifest(name)
    model = models / name / manifest.version / manifest.variant(CpuEngines().precision(manifest)).file
    peers = installable()
    programs = {one: peer.environment.made(folder) for one, peer in peers.items()}
    asked = _asked(model, manifest)
    turns: dict[str, list[Turn]] = {one: [] for one in peers}
    for _ in Progress(range(effort.rounds), "peers", "round"):
        for one, peer in peers.items():
            turns[one].append(_turn(peer, programs[one], model, asked, effort))
    return {
        "servers": {one: _summary(turns[one]) | _installed(one, peer, folder) for one, peer in peers.items()},
        "engines": _engines(models / name / manifest.version, manifest, folder, effort),
        "noise": _noise(turns[LOCAL], turns[AGAIN]),
        "model": name,
        "version": manifest.version,
        "rounds": effort.rounds,
        "seconds": effort.seconds,
        **measured_on(),
    }


def _engines(package: Path, manifest: Manifest, folder: Path, effort: Effort) -> list[dict[str, object]]:
    """Return the figures of each engine with the package's files for a processor."""
    programs = ENGINES.made(folder)
    files = [str((package / manifest.variant(one).file).resolve()) for one in ("fp32", "int8")]
    command = [str(programs / "python"), "-m", f"{SERVERS}.engines", str(effort.engine_rounds), *files]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=_ENGINES_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise BuildError(f"The engines were not measured: {done.stderr.strip()[-500:]}")
    rows: list[dict[str, object]] = json.loads(done.stdout)
    return rows


def _asked(model: Path, manifest: Manifest) -> Asked:
    window = np.random.default_rng(0).normal(0, 0.05, manifest.input.window).astype(np.float32).round(6)
    logits = OnnxEngine(model, threads=1).run(window[np.newaxis, np.newaxis]).logits
    return Asked(window, manifest.name, int(logits.argmax()))


def _turn(peer: Peer, programs: Path, model: Path, asked: Asked, effort: Effort) -> Turn:
    with running(peer, programs, model, asked) as server:
        hits = {}
        for body in BODIES:
            if body not in peer.asks:
                continue
            ask = peer.asks[body]
            url, headers, content = asked.url(ask, server.port), headers_of(ask, asked.window), ask.body(asked.window)
            hit(url, headers, content, CONNECTIONS[0], effort.warm_up_s)
            for connections in CONNECTIONS:
                hits[body, connections] = hit(url, headers, content, connections, effort.seconds)
        return Turn(server.start_s, server.memory_mb(), hits)


def _summary(turns: Sequence[Turn]) -> dict[str, object]:
    cells = [
        {"body": body, "connections": connections, **_median([turn.hits[body, connections] for turn in turns])}
        for body, connections in turns[0].hits
    ]
    return {
        "start_s": statistics.median(turn.start_s for turn in turns),
        "memory_mb": statistics.median(turn.memory_mb for turn in turns),
        "cells": cells,
    }


def _median(hits: Sequence[Hits]) -> dict[str, float]:
    rows = [asdict(one) for one in hits]
    medians = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    return medians | {"refused": sum(row["refused"] for row in rows), "failed": sum(row["failed"] for row in rows)}


def _installed(name: str, peer: Peer, folder: Path) -> dict[str, object]:
    packages = next((folder / peer.environment.name / "lib").glob("python3*/site-packages"))
    found = {one.name.lower(): one.version for one in distributions(path=[str(packages)])}
    label = peer.label.format(version=found[_PACKAGES[name]]) if name in _PACKAGES else peer.label
    return {"label": label, "installed_mb": peer.environment.size_mb(folder)}


def _noise(one: Sequence[Turn], other: Sequence[Turn]) -> float:
    """Return the largest ratio of throughput between the identical arms, over cells of medians."""
    ratios = []
    for cell in one[0].hits:
        rates = [statistics.median(turn.hits[cell].per_second for turn in turns) for turns in (one, other)]
        ratios.append(max(rates) / min(rates))
    return max(ratios)
