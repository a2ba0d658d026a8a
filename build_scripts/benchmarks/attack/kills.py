"""Kill processes (`kill -9`) in the middle of a job, and count what is lost of it or done twice."""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from build_scripts.benchmarks.job_load.server import LocalServer, local_server, services_of, workers_of
from build_scripts.errors import BuildError
from functions.core.decoding.formats import RAW

# Of a job, in files of so many: it must last until something is killed, a second after its start at the earliest.
_RECORDINGS, _IN_A_FILE, _PART = 800, 50, 4
_SAMPLES = 102_400
_AFTER_S = 1.0
_TIMEOUT_S = 120.0
_ASSET = "killed"
_PAGE = 1000

Row = Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """The traces of a job: its results' indexes, lines in the history, recordings counted; whether it has ended."""

    indexes: list[int]
    history: int
    counted: int
    is_over: bool = True

    def row(self, recordings: int) -> Row:
        """Return the figures of the table."""
        different = len(set(self.indexes))
        return {
            "cases": recordings,
            "lost": max(0, recordings - min(different, self.history, self.counted)),
            "twice": len(self.indexes) - different + max(0, self.history - recordings, self.counted - recordings),
            "hangs": int(not self.is_over),
        }


def kill_in_mid_job() -> Iterator[tuple[str, Row]]:
    """Kill each process of a local server in a job of its own; yield what it was, and the figures.

    Raises:
        BuildError: a server does not start, or a job was over before anything was killed.
    """
    kinds: Mapping[str, Callable[[int], list[int]]] = {
        "server": lambda pid: [pid],
        "workers": workers_of,
        "emulator": services_of,
    }
    for name, processes in kinds.items():
        with tempfile.TemporaryDirectory(prefix="palier-kill-") as folder:
            yield name, _killed(Path(folder) / "data", processes).row(_RECORDINGS)


def _killed(data_dir: Path, processes: Callable[[int], list[int]]) -> Outcome:
    with ExitStack() as opened:
        server = opened.enter_context(local_server(data_dir, PALIER_JOBS_CHUNK=str(_PART)))
        job_id = _submit(server)
        started = time.monotonic()
        while _job(server, job_id)["done"] < 1 or time.monotonic() < started + _AFTER_S:
            time.sleep(0.01)
        if _job(server, job_id)["done"] >= _RECORDINGS:
            raise BuildError(f"A job of {_RECORDINGS} recordings was over before anything was killed.")
        for pid in processes(server.pid):
            os.kill(pid, signal.SIGKILL)
        if server.has_ended():
            server = opened.enter_context(local_server(data_dir))
        return _outcome(server, job_id)


def _submit(server: LocalServer) -> str:
    """Start a job of seeded noise; returns its id."""
    noise = np.random.default_rng(0).normal(0, 1000, (_IN_A_FILE, _SAMPLES)).astype("<i2").tobytes()
    entry = {"content_type": RAW, "recordings": _IN_A_FILE, "asset_id": _ASSET}
    entries = [entry | {"name": f"{number}.raw"} for number in range(_RECORDINGS // _IN_A_FILE)]
    options = {"sample_format": "int16", "full_scale": 10.0}
    with httpx.Client(base_url=server.url, timeout=60) as client:
        taken = client.post("/jobs", json=options | {"uploads": entries}).raise_for_status().json()
        for form in taken["uploads"]:
            httpx.post(form["url"], data=form["fields"], files={"file": noise}, timeout=60).raise_for_status()
        client.post(f"/jobs/{taken['job_id']}/start").raise_for_status()
    return str(taken["job_id"])


def _outcome(server: LocalServer, job_id: str) -> Outcome:
    deadline = time.monotonic() + _TIMEOUT_S
    while (job := _job(server, job_id))["state"] in {"queued", "running"}:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    indexes = [one["index"] for one in _pages(server, f"/jobs/{job_id}/results", "results") if one["diagnosis"]]
    history = sum(1 for _ in _pages(server, f"/assets/{_ASSET}/history", "history"))
    return Outcome(indexes, history, job["done"] + job["failed"], job["state"] == "succeeded")


def _pages(server: LocalServer, path: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of all pages of an answer."""
    asked: dict[str, Any] = {"limit": _PAGE}
    while True:
        page = httpx.get(f"{server.url}{path}", params=asked, timeout=60).raise_for_status().json()
        yield from page[name]
        if page["next_cursor"] is None:
            return
        asked = {"limit": _PAGE, "cursor": page["next_cursor"]}


def _job(server: LocalServer, job_id: str) -> dict[str, Any]:
    """Return a job; its server may be asked to come back for as long as a job may take."""
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        answer = httpx.get(f"{server.url}/jobs/{job_id}", timeout=60)
        if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
            found: dict[str, Any] = answer.json()
            return found if answer.is_success else {"state": "lost", "done": 0, "failed": 0}
        time.sleep(0.1)
    raise BuildError(f"{server.url} does not answer again.")
