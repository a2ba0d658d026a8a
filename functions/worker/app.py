"""The worker, composed from the settings."""

from functions.core.history import create_history
from functions.core.jobs.service import create_service
from functions.core.pipeline import Diagnoser, create_diagnoser
from functions.core.settings import Settings
from functions.worker.batch import BatchWorker
from functions.worker.parts import PartWorker
from functions.worker.recordings import RecordingReader
from functions.worker.webhook import Webhook


def create_worker(
    settings: Settings, diagnoser: Diagnoser | None = None, webhook: Webhook | None = None
) -> BatchWorker:
    """Return the worker that the settings describe.

    Args:
        settings: they must name a table, a bucket and a queue of jobs.
        diagnoser: default one of its own; a process that has one already shares it.
        webhook: default one that calls public addresses.

    Raises:
        DependencyUnavailableError: the settings name no jobs.
    """
    service = create_service(settings)
    reader = RecordingReader(service.files, diagnoser or create_diagnoser(settings), settings.jobs_max_recording_bytes)
    return BatchWorker(service, PartWorker(service, reader, create_history(settings)), webhook or Webhook())
