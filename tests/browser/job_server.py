"""A server with jobs and histories behind it: the real functions over embedded services of AWS."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette

from build_scripts.embedded.errors import EmbeddedServicesError
from build_scripts.embedded.services import EmbeddedServices, client_environment, this_host
from functions.core.aws import forget_clients, sqs_client
from functions.core.memory_sink import MemorySink
from functions.core.metrics_routes import metrics_routes
from functions.core.settings import Settings
from functions.core.workers import Workers
from functions.dashboard.page import dashboard_routes
from functions.inference.app import create_app
from functions.jobs.app import asset_routes, job_routes
from functions.jobs.assets import AssetEndpoints
from functions.jobs.endpoints import JobEndpoints
from functions.worker.app import create_worker
from functions.worker.batch import BatchWorker
from tests.support.aws import make_resources, record
from tests.support.servers import serving


class Feeder:
    """Gives the worker what waits in the queue, as Lambda does; while it is paused, jobs wait."""

    def __init__(self, worker: BatchWorker, queue_url: str) -> None:
        self._worker = worker
        self._queue_url = queue_url
        self._ended = threading.Event()
        self.running = threading.Event()
        self.running.set()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self.running.set()
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()

    def _feed(self) -> None:
        while not self._ended.is_set():
            self.running.wait()
            answer = sqs_client().receive_message(
                QueueUrl=self._queue_url, WaitTimeSeconds=1, AttributeNames=["ApproximateReceiveCount"]
            )
            for message in answer.get("Messages", ()):
                receives = int(message["Attributes"]["ApproximateReceiveCount"])
                delivered = record(message["Body"], receives) | {"receiptHandle": message["ReceiptHandle"]}
                if not self._worker.work([delivered])["batchItemFailures"]:
                    sqs_client().delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def job_server() -> Iterator[tuple[str, Feeder]]:
    """Serve everything; yields the address, and what feeds the worker."""
    try:
        services = EmbeddedServices(this_host())
    except EmbeddedServicesError as error:
        pytest.skip(error.message)
    with services, _aws_at(services.url):
        settings = Settings(
            stage="local",
            api_keys_required=False,
            max_body_bytes=64_000_000,
            jobs_chunk=2,
            dashboard_connect_sources=[services.url],
            **make_resources(),  # type: ignore[arg-type]
        )
        app = compose(settings)
        feeder = Feeder(create_worker(settings, app.state.diagnoser), str(settings.jobs_queue_url))
        try:
            with serving(app) as (host, port):
                yield f"http://{host}:{port}", feeder
        finally:
            feeder.close()


def compose(settings: Settings) -> Starlette:
    """Every function in one app."""
    memory, workers = MemorySink(), Workers(settings.max_pending)
    app = create_app(settings, sinks=[memory])
    app.routes.extend(
        [
            *dashboard_routes(settings),
            *metrics_routes(memory, None),
            *job_routes(JobEndpoints(settings, workers), None),
            *asset_routes(AssetEndpoints(settings, workers), None),
        ]
    )
    return app


@contextmanager
def _aws_at(url: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(client_environment(url))
    forget_clients()
    try:
        yield
    finally:
        forget_clients()
        os.environ.clear()
        os.environ.update(before)
