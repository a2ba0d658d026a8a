"""A server under a modest load for minutes: errors, slow answers and growth are counted."""

import http.client
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from build_scripts.benchmarks.attack.block import HANG_S, Counts
from build_scripts.benchmarks.attack.fuzzing import add
from build_scripts.benchmarks.attack.requests import scope_of, split_request
from build_scripts.measuring.process_memory import memory_mb

_CLIENTS = 2
_PAUSE_S = 0.02
# Of the time, before growth is counted.
_WARM_UP = 0.2
_SERVER_ERROR = 500


def soak(url: str, pid: int, seconds: float, corpus: Path, targets: Sequence[str]) -> dict[str, float]:
    """Ask a server for some seconds with the requests of a corpus as they are.

    Args:
        url: of a server on loopback.
        pid: its process.
        seconds: in all; growth is counted after a fifth of them.
        corpus: folder with a folder for each target.
        targets: whose requests.
    """
    requests = [path.read_bytes() for name in targets for path in sorted((corpus / name).glob("*.http"))]
    _load(url, requests, seconds * _WARM_UP)
    warm_mb = memory_mb(pid)[0]
    counts = _load(url, requests, seconds * (1 - _WARM_UP))
    return {
        "cases": counts.cases,
        "server_errors": counts.server_errors,
        "exceptions": counts.exceptions,
        "hangs": counts.hangs,
        "slowest_s": counts.slowest_s,
        "growth_mb": memory_mb(pid)[0] - warm_mb,
    }


def _load(url: str, requests: Sequence[bytes], seconds: float) -> Counts:
    until, total = time.monotonic() + seconds, Counts()
    with ThreadPoolExecutor(_CLIENTS) as pool:
        for counts in pool.map(lambda _: _client(url, requests, until), range(_CLIENTS)):
            add(total, counts)
    return total


def _client(url: str, requests: Sequence[bytes], until: float) -> Counts:
    counts, address = Counts(), urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=30)
    while time.monotonic() < until:
        _ask(connection, requests[counts.cases % len(requests)], counts)
        time.sleep(_PAUSE_S)
    connection.close()
    return counts


def _ask(connection: http.client.HTTPConnection, request: bytes, counts: Counts) -> None:
    scope, began = scope_of(request), time.monotonic()
    target = (scope["raw_path"] + b"?" + scope["query_string"]).decode("latin-1")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        connection.request(scope["method"], target, split_request(request)[1], headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        counts.exceptions += 1
    else:
        counts.server_errors += answer.status >= _SERVER_ERROR
    took_s = time.monotonic() - began
    counts.cases += 1
    counts.hangs += took_s > HANG_S
    counts.slowest_s = max(counts.slowest_s, took_s)
