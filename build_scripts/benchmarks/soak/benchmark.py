"""The soak: local_server.py and the container in turn, at a share of what each can answer, for a long time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from build_scripts.benchmarks.container_load.servers import ServerProcess, container_process
from build_scripts.benchmarks.job_load.server import local_server
from build_scripts.benchmarks.soak.buckets import summarize
from build_scripts.benchmarks.soak.kinds import kinds
from build_scripts.benchmarks.soak.open_loop import CONNECTIONS, Sampling, arrivals, ask_each, offer, saturation
from build_scripts.measuring.machine import measured_on
from build_scripts.measuring.process_memory import memory_mb
from functions.core.models.manifest import Manifest
from functions.core.models.models import ModelRepository

# Of saturation.
SHARE = 0.8
SEED = 2026
BUCKETS = 60


@dataclass(frozen=True)
class Effort:
    """Seconds of the load, of the measurement of saturation before it, and of a warm-up before that."""

    load_s: float
    saturation_s: float = 10.0
    warm_up_s: float = 3.0


@contextmanager
def _local_server() -> Iterator[ServerProcess]:
    with local_server() as server:
        yield ServerProcess(server.url, server.pid)


SERVERS: Mapping[str, tuple[str, Callable[[], AbstractContextManager[ServerProcess]]]] = {
    "local_server": ("`local_server.py`", _local_server),
    "container": ("the container", container_process),
}


def run_soak(models: Path, name: str, effort: Effort) -> dict[str, object]:
    """Put each server under the load, which shares this machine's cores with it.

    Args:
        models: folder of the packages.
        name: of the default model, which is asked for.
        effort: for how long, each server.

    Returns:
        For each server: its saturation, the rate that was offered, requests, errors, refusals and percentiles of
        latency (ms, from when a request was due), in all, by kind and by bucket; memory; machine and versions.

    Raises:
        BuildError: a server does not start, or answers a kind of request otherwise than it should.
    """
    manifest = ModelRepository(models).manifest(name)
    servers = {}
    for key, (label, opened) in SERVERS.items():
        with opened() as server:
            servers[key] = {"label": label, **_soaked(server, manifest, effort)}
    return {
        "model": name,
        "share": SHARE,
        "seconds": effort.load_s,
        "saturation_seconds": effort.saturation_s,
        "connections": CONNECTIONS,
        "servers": servers,
        **measured_on(),
    }


def _soaked(server: ServerProcess, manifest: Manifest, effort: Effort) -> dict[str, object]:
    mix, bucket_s = kinds(server.url, manifest), effort.load_s / BUCKETS
    ask_each(server.url, mix)
    saturation(server.url, mix, effort.warm_up_s, SEED)
    saturated = saturation(server.url, mix, effort.saturation_s, SEED)
    rate = SHARE * saturated
    schedule = arrivals(mix, rate, effort.load_s, SEED)
    observed, memory = offer(server.url, mix, schedule, Sampling(lambda: memory_mb(server.pid)[0], bucket_s))
    # What was measured behind the last request stands for every bucket that ended later.
    memory += memory[-1:] * (BUCKETS - len(memory))
    return {
        "saturation_per_s": saturated,
        "offered_per_s": rate,
        **summarize(observed, mix, bucket_s, memory[:BUCKETS]),
    }
