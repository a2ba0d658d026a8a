"""The benchmark of serving: throughput and latency under many clients, all servers in turn."""

import json
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tqdm import trange

from build_scripts.benchmarks.container_load.load import Measured, Post, load
from build_scripts.benchmarks.container_load.servers import container, fastapi
from build_scripts.measuring.machine import measured_on
from functions.core.models.manifest import Manifest
from functions.core.models.models import CpuEngines, ModelRepository

CLIENTS = 64

# What differs between the containers that are measured; everything else is as it ships.
_CONTAINERS: Mapping[str, Mapping[str, str]] = {
    "batched": {},
    "unbatched": {"PALIER_BATCHING": "false"},
    "batches_of_one": {"PALIER_BATCH_MAX_WINDOWS": "1"},
}
LABELS = {
    "batched": "container, dynamic batching; binary v2",
    "unbatched": "container, batching off: each request in a worker thread; binary v2",
    "batches_of_one": "container, batches of one window: the same queue, nothing shared; binary v2",
    "fastapi_json": "FastAPI, `list[float]` JSON, onnxruntime",
}


@dataclass(frozen=True)
class Effort:
    """How often each server has its turn, and for how long, in seconds, after a warm-up."""

    rounds: int
    seconds: float
    warm_up_s: float


FULL, QUICK = Effort(15, 3.0, 0.5), Effort(2, 0.5, 0.2)


def benchmark_serving(models: Path, name: str, *, quick: bool = False) -> dict[str, object]:
    """Measure the container under 64 clients that share this machine's cores with it.

    Args:
        models: folder of the packages.
        name: the model; each request is one window of it.
        quick: few short rounds.

    Returns:
        For every server requests a second and latency in ms, medians over the rounds; the ratios of throughput, each
        the median of the ratios within a round; machine and versions.

    Raises:
        BuildError: a server does not start, or an answer is no 200.
        ModelNotFoundError, ModelUnavailableError: the package cannot be used.
    """
    effort = QUICK if quick else FULL
    manifest = ModelRepository(models).manifest(name)
    with ExitStack() as stack:
        urls = {arm: stack.enter_context(container(**settings)) for arm, settings in _CONTAINERS.items()}
        urls["fastapi_json"] = stack.enter_context(fastapi(_model_file(models, manifest)))
        rounds = _rounds(_posts(urls, manifest), effort)
    return _summary(rounds) | {
        "model": name,
        "version": manifest.version,
        "labels": LABELS,
        "clients": CLIENTS,
        "rounds": effort.rounds,
        **measured_on(),
        "serving_versions": {one: version(one) for one in ("starlette", "uvicorn", "uvloop", "fastapi")},
    }


def _posts(urls: Mapping[str, str], manifest: Manifest) -> dict[str, Post]:
    """Return what is sent to each server: one window of noise, as binary or as JSON."""
    spec = manifest.input
    window = np.random.default_rng(0).normal(0, 0.05, (spec.channels, spec.window)).astype("<f4")
    raw = ("Inference-Header-Content-Length: 0", "content-type: application/octet-stream")
    as_json = json.dumps({"signal": window[0].tolist()}).encode()
    posts = {arm: Post(f"{url}/v2/models/{manifest.name}/infer", raw, window.tobytes()) for arm, url in urls.items()}
    fastapi_json = Post(f"{urls['fastapi_json']}/predict", ("content-type: application/json",), as_json)
    return posts | {"fastapi_json": fastapi_json}


def _rounds(posts: Mapping[str, Post], effort: Effort) -> list[dict[str, Measured]]:
    rounds = []
    for _ in trange(effort.rounds, desc="serving", unit="round", leave=False):
        for post in posts.values():
            load(post, CLIENTS, effort.warm_up_s)
        rounds.append({arm: load(post, CLIENTS, effort.seconds) for arm, post in posts.items()})
    return rounds


def _summary(rounds: Sequence[Mapping[str, Measured]]) -> dict[str, object]:
    def ratio(above: str, below: str) -> float:
        return statistics.median(one[above].per_second / one[below].per_second for one in rounds)

    return {
        "arms": {arm: _arm([one[arm] for one in rounds]) for arm in rounds[0]},
        "batching_speedup": ratio("batched", "unbatched"),
        "batching_speedup_over_batches_of_one": ratio("batched", "batches_of_one"),
        "binary_speedup_over_fastapi_json": ratio("batched", "fastapi_json"),
        "p99_ratio_batched_to_unbatched": statistics.median(
            one["batched"].percentile_ms(99) / one["unbatched"].percentile_ms(99) for one in rounds
        ),
    }


def _arm(measured: Sequence[Measured]) -> dict[str, float]:
    return {
        "per_second": statistics.median(one.per_second for one in measured),
        "lowest_per_second": min(one.per_second for one in measured),
        "highest_per_second": max(one.per_second for one in measured),
        **{f"p{percent}_ms": statistics.median(one.percentile_ms(percent) for one in measured) for percent in (50, 99)},
        "requests": sum(len(one.latencies_ms) for one in measured),
    }


def _model_file(models: Path, manifest: Manifest) -> Path:
    variant = manifest.variant(CpuEngines().precision(manifest))
    return models / manifest.name / manifest.version / variant.file
