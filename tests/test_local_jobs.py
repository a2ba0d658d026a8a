"""Jobs, histories and alerts through local_server.py: real services beside it, real uploads, a restart, a death."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest

from build_scripts.benchmarks.job_load.server import services_of, workers_of
from build_scripts.local.aws.embedded.access import REGION, answers, client_environment
from build_scripts.local.aws.embedded.resources import make_resources
from build_scripts.local.aws.embedded.services import EmbeddedServices, this_host
from build_scripts.local.aws.queue_reader import QueueReader
from functions.core.aws.clients import forget_clients
from functions.core.settings import Settings
from functions.jobs.app import create_app
from functions.worker.app import create_worker
from tests.conftest import MakeSettings
from tests.support.apps import client_of
from tests.support.jobs import MEANS
from tests.support.jobs import signal as recording
from tests.support.local_server import ROOT, Running, Start, environment, launch, no_services, running, start
from tests.support.recordings import tone
from tests.support.waiting import SECONDS, until

__all__ = ["environment", "start"]
FOUR = ["high", "centred", "low", "high"]


@pytest.fixture(autouse=True)
def _installed() -> None:
    if reason := no_services():
        pytest.skip(reason)


def call(server: Running, method: str, path: str, **more: Any) -> Any:
    headers = {"x-api-key": server.key} if server.key else {}
    answer = httpx.request(method, f"{server.url}{path}", headers=headers, timeout=SECONDS, **more)
    assert answer.status_code in {200, 202}, answer.text
    return answer.json()


def finished(server: Running, job_id: str) -> Any:
    def is_over() -> bool:
        return call(server, "GET", f"/jobs/{job_id}")["state"] not in {"queued", "running"}

    until(is_over)
    return call(server, "GET", f"/jobs/{job_id}")


def classes(server: Running, job_id: str) -> list[str]:
    results = call(server, "GET", f"/jobs/{job_id}/results?limit=1000")["results"]
    return [one["diagnosis"]["class_id"] if one["diagnosis"] else one["error"]["code"] for one in results]


def signal_all(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        # A server ends those itself whose services are gone.
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def ended(server: Running, number: int) -> tuple[int, str, str]:
    server.process.send_signal(number)
    out, err = server.process.communicate(timeout=SECONDS)
    return server.process.returncode, out, err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_a_job_from_submission_to_download(start: Start, number: int, status: int) -> None:
    with start("--auth") as server:
        body = {"signals": [recording(name) for name in FOUR] + [recording("flat")]}
        job_id = call(server, "POST", "/jobs", json=body)["job_id"]
        job = finished(server, job_id)
        assert (job["state"], job["done"], job["failed"]) == ("partially_failed", 4, 1)
        assert classes(server, job_id) == [*FOUR, "signal_constant"]
        offer = call(server, "GET", f"/jobs/{job_id}/results?download=jsonl")
        lines = httpx.get(offer["url"], timeout=SECONDS).text.splitlines()
        assert [json.loads(line)["index"] for line in lines] == list(range(5))
        place = urlsplit(offer["url"])
        assert place.hostname == "localhost"
        assert answers(f"http://localhost:{place.port}")
        returned, out, err = ended(server, number)
        assert (returned, err) == (status, "")
        assert "in memory: gone when this ends" in out
    # What it started ends with it.
    assert not answers(f"http://localhost:{place.port}")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_files_are_uploaded_by_forms_and_jobs_outlive_a_restart(
    start: Start, tmp_path: Path, number: int, status: int
) -> None:
    folder = str(tmp_path / "data")
    with start("--data-dir", folder) as server:
        uploads = [
            {"name": "a.f32", "content_type": "application/octet-stream", "recordings": 3, "asset_id": "press-4"}
        ]
        taken = call(server, "POST", "/jobs", json={"uploads": uploads})
        (form,) = taken["uploads"]
        content = b"".join(tone(MEANS[name]).tobytes() for name in FOUR[:3])
        assert httpx.post(form["url"], data=form["fields"], files={"file": content}, timeout=SECONDS).status_code == 204
        call(server, "POST", f"/jobs/{taken['job_id']}/start")
        assert finished(server, taken["job_id"])["state"] == "succeeded"
        returned, out, err = ended(server, number)
        assert (returned, err) == (status, "")
        assert f"kept in {folder}" in out
    with start("--data-dir", folder) as again:
        assert [job["state"] for job in call(again, "GET", "/jobs")["jobs"]] == ["succeeded"]
        assert classes(again, taken["job_id"]) == FOUR[:3]
        history = call(again, "GET", "/assets/press-4/history")
        assert len(history["history"]) == 3
        assert again.interrupt()[0] == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_job_whose_server_ends_in_its_middle_goes_on_with_the_next(
    environment: dict[str, str], tmp_path: Path, number: int, status: int
) -> None:
    folder, small_parts = str(tmp_path / "data"), environment | {"PALIER_JOBS_CHUNK": "4"}
    with running(small_parts, "--data-dir", folder) as server:
        # On a busy machine one may be over before it was seen in its middle.
        jobs = (_begun(server, f"press-{turn}") for turn in count())
        asset_id, job_id = next((job["asset_id"], job["job_id"]) for job in jobs if job["state"] == "running")
        # Workers whose server was killed write that the services are gone.
        assert ended(server, number)[0] == status
    with running(small_parts, "--data-dir", folder) as again:
        # Nobody need ask for them.
        until(lambda: bool(workers_of(again.process.pid)))
        job = finished(again, job_id)
        assert (job["state"], job["total"], job["done"], job["failed"]) == ("succeeded", 60, 60, 0)
        assert classes(again, job_id) == FOUR * 15
        history = call(again, "GET", f"/assets/{asset_id}/history?limit=1000")["history"]
        assert [one["class_id"] for one in history].count("high") == 30
        assert len(history) == 60
        assert again.interrupt()[0] == 0


def _begun(server: Running, asset_id: str) -> dict[str, Any]:
    """Submit a job of an asset, and return it as soon as some of it is done."""
    body = {"signals": [recording(name) for name in FOUR * 15], "asset_id": asset_id}
    path = f"/jobs/{call(server, 'POST', '/jobs', json=body)['job_id']}"
    until(lambda: bool(call(server, "GET", path)["done"]))
    return {**call(server, "GET", path), "asset_id": asset_id}


def submitted(server: Running, signals: list[list[float]]) -> httpx.Response:
    return httpx.post(f"{server.url}/jobs", json={"signals": signals}, timeout=SECONDS)


def test_a_folder_has_one_server_whose_emulator_is_killed_in_mid_job(
    environment: dict[str, str], tmp_path: Path
) -> None:
    folder = str(tmp_path / "data")
    with running(environment | {"PALIER_JOBS_CHUNK": "2"}, "--data-dir", folder) as server:
        job_id = call(server, "POST", "/jobs", json={"signals": [recording("high")]})["job_id"]
        assert finished(server, job_id)["state"] == "succeeded"
        with launch(environment, "--port", "0", "--data-dir", folder) as second:
            out, err = second.communicate(timeout=SECONDS)
        assert (second.returncode, out) == (1, "")
        sentence = f"another server uses {folder}: end it, or choose another --data-dir for this one."
        assert err == f"local_server: {sentence}\n"
        (emulator,) = services_of(server.process.pid)
        # Nothing of the job is done before the emulator is killed, however long that takes.
        workers = workers_of(server.process.pid)
        signal_all(workers, signal.SIGSTOP)
        job_id = submitted(server, [recording(name) for name in FOUR * 50]).json()["job_id"]
        # It saves what has changed each half a second.
        until(lambda: job_id in (tmp_path / "data" / "aws" / "state" / "dynamodb.json").read_text())
        assert call(server, "GET", f"/jobs/{job_id}")["state"] == "queued"
        os.kill(emulator, signal.SIGKILL)
        signal_all(workers, signal.SIGCONT)
        # At once: what comes while it is started again waits, or is told to come back.
        answer = submitted(server, [recording(name) for name in FOUR])
        while answer.status_code == 503:
            answer = submitted(server, [recording(name) for name in FOUR])
        assert answer.status_code == 202
        assert finished(server, job_id)["state"] == "succeeded"
        assert classes(server, job_id) == FOUR * 50
        job_id = answer.json()["job_id"]
        assert finished(server, job_id)["state"] == "succeeded"
        assert classes(server, job_id) == FOUR
        assert services_of(server.process.pid) != [emulator]
        assert server.interrupt()[0] == 0


def test_diagnoses_become_a_history_and_a_turn_becomes_a_line(start: Start) -> None:
    with start() as server:
        for _ in range(5):
            call(server, "POST", "/predict?asset_id=press-4", json={"signal": recording("high")})
        until(lambda: [one["diagnoses"] for one in call(server, "GET", "/assets")["assets"]] == [5])
        assets = call(server, "GET", "/assets")["assets"]
        assert (assets[0]["asset_id"], assets[0]["state"], assets[0]["class_id"]) == ("press-4", "fault", "high")
        assert server.process.stdout
        said = server.process.stdout.readline()
        while not said.startswith("alert: "):
            said = server.process.stdout.readline()
        assert said.startswith("alert: press-4 has a fault: high (")
        status, out, _ = server.interrupt()
    assert status == 0
    assert "alert: " not in out


def test_workers_that_are_killed_are_replaced_and_nothing_is_lost(start: Start) -> None:
    with start() as server:
        job_id = call(server, "POST", "/jobs", json={"signals": [recording(name) for name in FOUR * 50]})["job_id"]
        until(lambda: bool(workers_of(server.process.pid)))
        until(lambda: call(server, "GET", f"/jobs/{job_id}")["state"] != "queued")
        workers = workers_of(server.process.pid)
        signal_all(workers, signal.SIGKILL)
        job = finished(server, job_id)
        assert (job["state"], job["total"], job["done"], job["failed"]) == ("succeeded", 200, 200, 0)
        assert classes(server, job_id) == FOUR * 50
        again = call(server, "POST", "/jobs", json={"signals": [recording(name) for name in FOUR]})
        assert finished(server, again["job_id"])["state"] == "succeeded"
        assert set(workers_of(server.process.pid)).isdisjoint(workers)
        assert server.interrupt()[0] == 0


async def test_a_worker_that_is_killed_in_a_part_loses_nothing_and_counts_nothing_twice(
    make_settings: MakeSettings, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_clients()
    with EmbeddedServices(this_host()) as services:
        for name, value in client_environment(services.access).items():
            monkeypatch.setenv(name, value)
        made = make_resources(boto3.Session().client, REGION).settings
        settings = make_settings(**made, jobs_chunk=4)
        sqs = boto3.Session().client("sqs")
        sqs.set_queue_attributes(QueueUrl=made["jobs_queue_url"], Attributes={"VisibilityTimeout": "2"})
        async with client_of(create_app(settings)) as client:
            answer = await client.post("/jobs", json={"signals": [recording(name) for name in FOUR * 2]})
            path = f"/jobs/{answer.json()['job_id']}"
            _kill_in_a_part(environment | client_environment(services.access), settings, made)
            job = (await client.get(path)).json()
            assert (job["state"], job["done"], job["failed"]) == ("running", 0, 0)
            reader = QueueReader(sqs, made["jobs_queue_url"], create_worker(settings))
            deadline = time.monotonic() + SECONDS
            while (job := (await client.get(path)).json())["state"] == "running":
                assert time.monotonic() < deadline, job
                reader.poll()
            assert (job["state"], job["total"], job["done"], job["failed"]) == ("succeeded", 8, 8, 0)
            results = (await client.get(f"{path}/results")).json()["results"]
            assert [one["diagnosis"]["class_id"] for one in results] == FOUR * 2
            # What the killed worker held comes back later: it finds everything counted.
            time.sleep(2.1)
            reader.poll()
            assert (await client.get(path)).json()["done"] == 8
    forget_clients()


def _kill_in_a_part(environment: dict[str, str], settings: Settings, named: dict[str, str]) -> None:
    more = {"models_dir": str(settings.models_dir), "default_model": settings.default_model, "jobs_chunk": 4}
    command = [sys.executable, "-m", "tests.support.stuck_worker", json.dumps(named | more), "2"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True) as worker:
        try:
            assert worker.stdout
            assert worker.stdout.readline() == "stopped\n"
        finally:
            worker.kill()
    assert worker.returncode == -signal.SIGKILL
