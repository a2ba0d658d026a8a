"""Composition of the worker from the settings."""

from collections.abc import Sequence

from functions.core.assets.creation import create_history
from functions.core.assets.history import History
from functions.core.jobs.service import JobService, create_service
from functions.core.models.pipeline import Diagnoser, create_diagnoser
from functions.core.observability.metrics import Meter, Sink
from functions.core.settings import Settings
from functions.worker.batch import BatchWorker
from functions.worker.fetching import Fetcher
from functions.worker.parts import PartWorker
from functions.worker.recordings import RecordingReader
from functions.worker.webhook import Webhook


def create_worker(settings: Settings, diagnoser: Diagnoser | None = None, sinks: Sequence[Sink] = ()) -> BatchWorker:
    """Return the worker that the settings describe.

    Args:
        settings: they must name a table, a bucket and a queue of jobs.
        diagnoser: by default one of its own; a process that has one already shares it.
        sinks: receive the metrics of every message.

    Raises:
        NotConfiguredError: the settings name no table, bucket or queue of jobs.
    """
    service, history = create_service(settings), create_history(settings)
    return compose_worker(service, diagnoser or create_diagnoser(settings), history, Meter(settings, sinks))


def compose_worker(service: JobService, diagnoser: Diagnoser, history: History | None, meter: Meter) -> BatchWorker:
    """Compose a worker of its parts."""
    reader = RecordingReader(Fetcher(service.files, service.settings.jobs_max_recording_bytes), diagnoser)
    return BatchWorker(service, PartWorker(service, reader, history), Webhook(), meter)
