"""The worker, composed from the settings."""

from functions.core.history import History, create_history
from functions.core.jobs.service import JobService, create_service
from functions.core.pipeline import Diagnoser, create_diagnoser
from functions.core.settings import Settings
from functions.worker.batch import BatchWorker
from functions.worker.parts import PartWorker
from functions.worker.recordings import RecordingReader
from functions.worker.webhook import Webhook


def create_worker(settings: Settings, diagnoser: Diagnoser | None = None) -> BatchWorker:
    """Return the worker that the settings describe.

    Args:
        settings: they must name a table, a bucket and a queue of jobs.
        diagnoser: default one of its own; a process that has one already shares it.

    Raises:
        DependencyUnavailableError: the settings name no jobs.
    """
    history = create_history(settings)
    return compose_worker(create_service(settings), diagnoser or create_diagnoser(settings), history, Webhook())


def compose_worker(service: JobService, diagnoser: Diagnoser, history: History | None, webhook: Webhook) -> BatchWorker:
    """Return a worker of these parts."""
    reader = RecordingReader(service.files, diagnoser, service.settings.jobs_max_recording_bytes)
    return BatchWorker(service, PartWorker(service, reader, history), webhook)
