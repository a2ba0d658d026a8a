"""Jobs as a test sees them: an app to submit to, a worker, and the queue in between."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import httpx
import numpy as np
import pytest
from msgspec.structs import replace

from functions.core.assets.creation import create_history
from functions.core.jobs.quota import Quota
from functions.core.jobs.service import JobService, create_service
from functions.core.models.pipeline import create_diagnoser
from functions.core.observability.metrics import Meter
from functions.core.settings import Settings
from functions.jobs.app import create_app
from functions.worker.app import compose_worker
from functions.worker.batch import BatchWorker
from tests.conftest import MakeSettings
from tests.support.apps import client_of, post_json
from tests.support.aws import Deliveries, in_memory_aws, make_resources
from tests.support.recordings import tone

# Means of windows that are diagnosed as these classes.
MEANS = {"high": 0.5, "centred": 0.0, "low": -0.5}


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now or time.time()


@dataclass
class Jobs:
    """Everything that jobs need."""

    client: httpx.AsyncClient
    worker: BatchWorker
    queue: Deliveries
    service: JobService
    settings: Settings
    clock: Clock

    async def submit(self, classes: list[str], headers: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
        """Submit a recording for each class, inline."""
        response = await self.post({"signals": [signal(name) for name in classes], **members}, headers)
        assert response.status_code == 202, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def post(self, document: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        """POST /jobs."""
        self.client.headers.update(headers or {})
        try:
            return await post_json(self.client, "/jobs", document)
        finally:
            for name in headers or {}:
                del self.client.headers[name]

    async def get(self, path: str, **query: Any) -> Any:
        """GET what must be there."""
        response = await self.client.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def work(self, kind: str = "part") -> None:
        """Let the worker do all that waits of a kind."""
        self.queue.run(self.worker, kind)

    async def classes(self, job_id: str) -> list[str]:
        """The classes that a job found, in its order; the code of the error where it found none."""
        page = await self.get(f"/jobs/{job_id}/results", limit=1000)
        return [one["diagnosis"]["class_id"] if one["diagnosis"] else one["error"]["code"] for one in page["results"]]


@asynccontextmanager
async def limited(jobs: Jobs, **limits: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another jobs app over the same services, with limits of its own, on a day that does not end."""
    app = create_app(replace(jobs.settings, **limits))
    with patch.object(Quota, "day", lambda *_: "2026-11-30"):
        async with client_of(app) as client:
            yield client


def signal(name: str) -> list[float]:
    """One window that is diagnosed as a class; `nan` is none that can be."""
    return [0.0] * 2048 if name == "flat" else np.asarray(tone(MEANS[name])).tolist()


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    with in_memory_aws():
        yield make_resources()


@pytest.fixture
def job_settings(make_settings: MakeSettings, aws: dict[str, str]) -> Settings:
    return make_settings(**aws, jobs_chunk=2, healthy_classes=["centred"])


@pytest.fixture
async def jobs(job_settings: Settings) -> AsyncIterator[Jobs]:
    async with running_jobs(job_settings) as running:
        yield running


@asynccontextmanager
async def running_jobs(job_settings: Settings) -> AsyncIterator[Jobs]:
    """Everything that jobs need, made as settings say."""
    clock = Clock()
    service = create_service(job_settings, clock)
    history, meter = create_history(job_settings), Meter(job_settings, ())
    worker = compose_worker(service, create_diagnoser(job_settings), history, meter)
    async with client_of(create_app(job_settings)) as client:
        yield Jobs(client, worker, Deliveries(str(job_settings.jobs_queue_url)), service, job_settings, clock)
