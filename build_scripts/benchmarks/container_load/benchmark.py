"""The benchmark of serving: throughput and latency at one connection and at many, all servers in turn."""

import json
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from build_scripts.benchmarks.container_load.load import Measured, Post, load
from build_scripts.benchmarks.container_load.servers import container, fastapi
from build_scripts.benchmarks.job_load.server import local_server
from build_scripts.data.progress import Progress
from build_scripts.measuring.machine import measured_on
from functions.core.models.manifest import Manifest
from functions.core.models.models import CpuEngines, ModelRepository

FEW_CLIENTS, MANY_CLIENTS = 1, 64

# Differences between the containers that are measured; everything else is as it ships.
_CONTAINERS: Mapping[str, Mapping[str, str]] = {
    "batched": {},
    "unbatched": {"PALIER_BATCHING": "false"},
    "batches_of_one": {"PALIER_BATCH_MAX_WINDOWS": "1"},
}
LABELS = {
    "batched": "container, dynamic batching",
    "unbatched": "container, batching off: each request in a worker thread",
    "local_server": "`local_server.py`",
    "batches_of_one": "container, batches of one window: the same queue, nothing shared",
    "fastapi": "FastAPI, `list[float]`, onnxruntime",
}
_RAW = ("Inference-Header-Content-Length: 0", "content-type: application/octet-stream")
_JSON = ("content-type: application/json",)

Body = Literal["json", "binary"]


class Cell(NamedTuple):
    """A cell of the table: a server, the kind of a request's body, and the number of connections that send it."""

    server: str
    body: Body
    clients: int


@dataclass(frozen=True)
class Effort:
    """The turns of each cell, and their length in seconds, after a warm-up."""

    rounds: int
    seconds: float
    warm_up_s: float


FULL, QUICK = Effort(10, 2.0, 0.3), Effort(2, 0.5, 0.2)


def benchmark_serving(models: Path, name: str, *, quick: bool = False) -> dict[str, object]:
    """Measure the servers under clients that share this machine's cores with them.

    Args:
        models: folder of the packages.
        name: the model; each request is one window of it.
        quick: few short rounds.

    Returns:
        For every cell answers of 200 a second and their latency in ms, medians over the rounds, and how many requests
        were refused; ratios of throughput and differences of latency, each the median of those within a round; machine
        and versions.

    Raises:
        BuildError: a server does not start, or an answer is neither a 200 nor a refusal.
        ModelNotFoundError, ModelUnavailableError: the package cannot be used.
    """
    effort = QUICK if quick else FULL
    manifest = ModelRepository(models).manifest(name)
    with ExitStack() as stack:
        urls = {arm: stack.enter_context(container(**settings)) for arm, settings in _CONTAINERS.items()}
        urls["local_server"] = stack.enter_context(local_server()).url
        urls["fastapi"] = stack.enter_context(fastapi(_model_file(models, manifest)))
        rounds = _rounds(_posts(urls, manifest), effort)
    return _summary(rounds) | {
        "model": name,
        "version": manifest.version,
        "labels": LABELS,
        "clients": MANY_CLIENTS,
        "rounds": effort.rounds,
        "seconds": effort.seconds,
        **measured_on(),
        "serving_versions": {one: version(one) for one in ("starlette", "uvicorn", "uvloop", "fastapi")},
    }


def _cells() -> list[Cell]:
    bodies: tuple[Body, ...] = ("json", "binary")
    side_by_side = [
        Cell(server, body, clients)
        for body in bodies
        for clients in (FEW_CLIENTS, MANY_CLIENTS)
        for server in ("batched", "unbatched", "local_server")
    ]
    recipe = [Cell("fastapi", "json", clients) for clients in (FEW_CLIENTS, MANY_CLIENTS)]
    return [*side_by_side, Cell("batches_of_one", "binary", MANY_CLIENTS), *recipe]


def _posts(urls: Mapping[str, str], manifest: Manifest) -> dict[Cell, Post]:
    """Return what is sent in each cell: one window of noise, as binary or as JSON."""
    spec = manifest.input
    window = np.random.default_rng(0).normal(0, 0.05, (spec.channels, spec.window)).astype("<f4")
    signal = {"signal": window[0].tolist() if spec.channels == 1 else window.tolist()}
    as_json, named = json.dumps(signal).encode(), json.dumps(signal | {"model": manifest.name}).encode()

    def post(cell: Cell) -> Post:
        url = urls[cell.server]
        if cell.body == "binary":
            return Post(f"{url}/v2/models/{manifest.name}/infer", _RAW, window.tobytes())
        return Post(f"{url}/predict", _JSON, as_json if cell.server == "fastapi" else named)

    return {cell: post(cell) for cell in _cells()}


def _rounds(posts: Mapping[Cell, Post], effort: Effort) -> list[dict[Cell, Measured]]:
    rounds = []
    for _ in Progress(range(effort.rounds), "serving", "round"):
        measured = {}
        for cell, post in posts.items():
            load(post, cell.clients, effort.warm_up_s)
            measured[cell] = load(post, cell.clients, effort.seconds)
        rounds.append(measured)
    return rounds


def _summary(rounds: Sequence[Mapping[Cell, Measured]]) -> dict[str, object]:
    def ratio(above: str, below: str, body: Body, body_below: Body | None = None) -> float:
        cells = Cell(above, body, MANY_CLIENTS), Cell(below, body_below or body, MANY_CLIENTS)
        return statistics.median(one[cells[0]].per_second / one[cells[1]].per_second for one in rounds)

    def above_local_ms(body: Body) -> float:
        cells = Cell("batched", body, FEW_CLIENTS), Cell("local_server", body, FEW_CLIENTS)
        return statistics.median(one[cells[0]].percentile_ms(50) - one[cells[1]].percentile_ms(50) for one in rounds)

    batched, unbatched = (Cell(arm, "binary", MANY_CLIENTS) for arm in ("batched", "unbatched"))
    return {
        "cells": [cell._asdict() | _figures([one[cell] for one in rounds]) for cell in rounds[0]],
        "json_ms_above_local_server": above_local_ms("json"),
        "binary_ms_above_local_server": above_local_ms("binary"),
        "batching_speedup": ratio("batched", "unbatched", "binary"),
        "json_batching_speedup": ratio("batched", "unbatched", "json"),
        "batching_speedup_over_local_server": ratio("batched", "local_server", "binary"),
        "json_batching_speedup_over_local_server": ratio("batched", "local_server", "json"),
        "batching_speedup_over_batches_of_one": ratio("batched", "batches_of_one", "binary"),
        "binary_speedup_over_fastapi_json": ratio("batched", "fastapi", "binary", "json"),
        "p99_ratio_batched_to_unbatched": statistics.median(
            one[batched].percentile_ms(99) / one[unbatched].percentile_ms(99) for one in rounds
        ),
    }


def _figures(measured: Sequence[Measured]) -> dict[str, float]:
    return {
        "per_second": statistics.median(one.per_second for one in measured),
        "lowest_per_second": min(one.per_second for one in measured),
        "highest_per_second": max(one.per_second for one in measured),
        **{f"p{percent}_ms": statistics.median(one.percentile_ms(percent) for one in measured) for percent in (50, 99)},
        "requests": sum(len(one.latencies_ms) for one in measured),
        "refused": sum(one.refused for one in measured),
    }


def _model_file(models: Path, manifest: Manifest) -> Path:
    variant = manifest.variant(CpuEngines().precision(manifest))
    return models / manifest.name / manifest.version / variant.file
