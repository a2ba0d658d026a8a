"""The cost of a request: Palier under uvicorn, the bare engine, and a FastAPI handler, interleaved in one run."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import numpy as np

from build_scripts.errors import BuildError
from build_scripts.measuring.latency import Latency, Rounds, interleaved
from build_scripts.measuring.machine import cpu_flags, machine, versions
from functions.core.decoding.formats import RAW
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import Manifest
from functions.core.models.models import ModelRepository, architecture
from functions.core.preprocessing.arrays import Float32Array
from functions.core.settings import Settings

_REPOSITORY = Path(__file__).resolve().parents[2]
_START_TIMEOUT_S = 60.0
_CHUNK_BYTES = 65_536
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_URL = re.compile(r"http://\S+")

Arm = Callable[[], object]


QUICK, FULL = Rounds(count=20, calls=10), Rounds(count=60, calls=20)


def run_http_benchmark(quick: bool = False) -> dict[str, object]:
    """Measure one window's way through the server, against the bare engine and against FastAPI.

    One client, one connection an arm, everything on this machine: client and server share its cores.

    Returns:
        Latencies in ms of every arm, and `overhead_ms_over_engine` and `json_speedup_over_fastapi`, both of
        medians.

    Raises:
        BuildError: a server does not start, or an arm answers anything but 200.
    """
    settings = Settings()
    manifest = ModelRepository(settings.models_dir).manifest(settings.default_model)
    model = _model_file(settings.models_dir, manifest)
    window = _window(manifest)
    with ExitStack() as stack:
        palier = stack.enter_context(_server([str(_REPOSITORY / "local_server.py"), "--port", "0"]))
        fastapi = stack.enter_context(
            _server(["-m", "build_scripts.benchmarks.peers.servers.fastapi_list", str(model)])
        )
        arms = _arms(OnnxEngine(model, threads=1), window, palier, fastapi)
        latencies = interleaved(arms, QUICK if quick else FULL)
    return _report(latencies, manifest)


def _arms(engine: OnnxEngine, window: Float32Array, palier: str, fastapi: str) -> dict[str, Arm]:
    batch = window[np.newaxis, np.newaxis]
    as_json = json.dumps({"signal": window.tolist()}).encode()
    return {
        "engine": lambda: engine.run(batch),
        "palier_octet_stream": _poster(palier, RAW, window.astype("<f4").tobytes()),
        "palier_json": _poster(palier, "application/json", as_json),
        "fastapi_json": _poster(fastapi, "application/json", as_json),
    }


def _poster(url: str, content_type: str, body: bytes) -> Arm:
    """Return a call that posts over a connection of its own.

    A bare socket: the HTTP clients of Python cost more per call than the server that is to be measured.
    """
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 80
    connection = socket.create_connection((host, port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = ("POST /predict HTTP/1.1", f"host: {host}", f"content-type: {content_type}", f"content-length: {len(body)}")
    request = "\r\n".join((*lines, "", "")).encode() + body

    def post() -> None:
        connection.sendall(request)
        answer = _read_response(connection)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise BuildError(f"{url}/predict answered {answer[:300]!r}.")

    return post


def _read_response(connection: socket.socket) -> bytes:
    answer = connection.recv(_CHUNK_BYTES)
    while not (match := _CONTENT_LENGTH.search(answer)) or b"\r\n\r\n" not in answer:
        answer += _received(connection)
    expected = answer.index(b"\r\n\r\n") + 4 + int(match[1])
    while len(answer) < expected:
        answer += _received(connection)
    return answer


def _received(connection: socket.socket) -> bytes:
    chunk = connection.recv(_CHUNK_BYTES)
    if not chunk:
        raise BuildError("The server closed the connection.")
    return chunk


def _report(latencies: Mapping[str, Latency], manifest: Manifest) -> dict[str, object]:
    median = {name: latency.p50_ms for name, latency in latencies.items()}
    return {
        "model": manifest.name,
        "version": manifest.version,
        "latency_ms": {name: asdict(latency) for name, latency in latencies.items()},
        "overhead_ms_over_engine": median["palier_octet_stream"] - median["engine"],
        "json_speedup_over_fastapi": median["fastapi_json"] / median["palier_json"],
        "threads": 1,
        "batch": 1,
        "machine": machine(),
        "cpu_flags": cpu_flags(),
        "versions": versions() | {name: version(name) for name in ("starlette", "uvicorn", "fastapi")},
    }


def _model_file(models_dir: Path, manifest: Manifest) -> Path:
    variant = manifest.variant(manifest.default_variant.get(architecture(), "fp32"))
    return models_dir / manifest.name / manifest.version / variant.file


def _window(manifest: Manifest) -> Float32Array:
    """Return one window of noise float32 [T]: the cost of a request does not depend on its samples."""
    return np.random.default_rng(0).normal(0, 0.05, manifest.input.window).astype(np.float32)


@contextmanager
def _server(command: list[str]) -> Iterator[str]:
    """Run a Python program that prints its URL first; yields the URL once it accepts connections."""
    process = subprocess.Popen([sys.executable, *command], cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise BuildError(f"{command[0]} has no standard output.")
        yield _accepting(_first_url(process.stdout, command[0]))
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()


def _first_url(output: IO[str], name: str) -> str:
    for line in output:
        if found := _URL.search(line):
            return found.group()
    raise BuildError(f"{name} ended before it served.")


def _accepting(url: str) -> str:
    deadline = time.monotonic() + _START_TIMEOUT_S
    place = urlsplit(url)
    while True:
        try:
            socket.create_connection((place.hostname or "", place.port or 80), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise BuildError(f"{url} does not accept connections after {_START_TIMEOUT_S:g} s.") from None
            time.sleep(0.1)
        else:
            return url
