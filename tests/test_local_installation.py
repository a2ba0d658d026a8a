"""The first start in a checkout: local_server.py serves at once, and installs what jobs need beside it."""

import json
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from build_scripts.local.aws.embedded.services import this_host
from tests.support.local_server import ROOT, Running, environment, no_services, running
from tests.support.stub_pip import StubPip, has_ended, pip
from tests.support.waiting import SECONDS

__all__ = ["environment", "pip"]

WITH_CACHE = """
import functools, sys
from pathlib import Path
import local_server
local_server.LocalServices = functools.partial(local_server.LocalServices, cache=Path(sys.argv.pop(1)))
sys.exit(local_server.main())
"""
INSTALLING = "installing the embedded AWS services into {cache} (once)"
WAITING = "waiting until the embedded AWS services are installed"

StartFresh = Callable[[], AbstractContextManager[Running]]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def start(environment: dict[str, str], pip: StubPip, cache: Path) -> StartFresh:
    """Start a server that finds nothing installed, and the stub in place of pip."""
    fresh = environment | {"PYTHONPATH": os.pathsep.join([str(pip.folder), str(ROOT)])}
    return lambda: running(fresh, server=(sys.executable, "-c", WITH_CACHE, str(cache)))


def line_of(server: Running, text: str) -> str:
    """Read the terminal up to a line with a text."""
    assert server.process.stdout
    while text not in (line := server.process.stdout.readline()):
        assert line, "the server ended"
    return line.rstrip("\n")


def messages(log: str) -> list[str]:
    return [json.loads(line)["message"] for line in log.splitlines()]


def test_it_serves_while_it_installs_and_a_job_waits(start: StartFresh, pip: StubPip, cache: Path) -> None:
    if reason := no_services():
        pytest.skip(reason)
    pip.install(this_host().packages)
    pip.hold()
    with start() as server, ThreadPoolExecutor() as pool:
        assert line_of(server, "install") == INSTALLING.format(cache=cache)
        pip.asked(1)
        assert server.predict().status_code == 200
        first = pool.submit(httpx.get, f"{server.url}/jobs", timeout=SECONDS)
        assert line_of(server, "install") == WAITING
        assert server.predict().status_code == 200
        assert not first.done()
        pip.release()
        answer = first.result(SECONDS)
        assert (answer.status_code, answer.json()["jobs"]) == (200, [])
        status, out, err = server.interrupt()
    assert (status, out, err) == (0, "\nstopped\n", "")
    assert len(pip.asked()) == 1


@pytest.mark.parametrize(("number", "status", "last"), [(signal.SIGINT, 0, "\nstopped\n"), (signal.SIGTERM, 143, "")])
def test_ended_while_it_installs_it_leaves_nothing_behind(
    start: StartFresh, pip: StubPip, cache: Path, number: int, status: int, last: str
) -> None:
    pip.hold()
    with start() as server:
        (begun,) = pip.asked(1)
        server.process.send_signal(number)
        out, err = server.process.communicate(timeout=SECONDS)
    assert (server.process.returncode, out, err) == (status, f"{INSTALLING.format(cache=cache)}\n{last}", "")
    assert list(cache.iterdir()) == []
    assert has_ended(begun["pid"])


def test_a_job_that_waits_does_not_keep_it_from_ending(start: StartFresh, pip: StubPip, cache: Path) -> None:
    pip.hold()
    with start() as server, ThreadPoolExecutor() as pool:
        (begun,) = pip.asked(1)
        first = pool.submit(httpx.get, f"{server.url}/jobs", timeout=SECONDS)
        line_of(server, WAITING)
        status, out, err = server.interrupt()
        answer = first.result(SECONDS)
    assert (status, out) == (0, "\nstopped\n")
    assert (answer.status_code, answer.json()["code"]) == (503, "dependency_unavailable")
    assert messages(err) == ["The embedded services cannot be installed: the installation was stopped."]
    assert list(cache.iterdir()) == []
    assert has_ended(begun["pid"])


def test_without_a_network_it_serves_and_the_first_job_tries_again(
    start: StartFresh, pip: StubPip, cache: Path
) -> None:
    reason = "The embedded services cannot be installed: ERROR: no network"
    pip.fail("ERROR: no network")
    with start() as server:
        assert line_of(server, "install") == INSTALLING.format(cache=cache)
        assert line_of(server, "install") == f"{reason}. The first job or history tries again."
        assert server.predict().status_code == 200
        for _ in range(2):
            answer = httpx.get(f"{server.url}/jobs", timeout=SECONDS)
            assert (answer.status_code, answer.json()["code"]) == (503, "dependency_unavailable")
            assert reason in answer.json()["error"]
        status, out, err = server.interrupt()
    assert (status, reason in out) == (0, False)
    assert messages(err) == [reason, reason]
    assert len(pip.asked()) == 3
    assert list(cache.iterdir()) == []
