"""AWS Lambda's entry point of the worker function."""

from functools import cache
from typing import Any

from functions.core.lambda_host.starting import quick_start

with quick_start():
    from functions.core.aws.clients import forget_clients
    from functions.core.errors import PalierError
    from functions.core.lambda_host.snapshot import register_snapshot_hooks
    from functions.core.models.options import DiagnosisOptions
    from functions.core.models.pipeline import create_diagnoser
    from functions.core.observability.emf import EmfSink
    from functions.core.observability.telemetry import LOGGER, configure_logging
    from functions.core.settings import get_settings
    from functions.worker.app import create_worker
    from functions.worker.batch import BatchResponse, BatchWorker

    settings = get_settings()
    configure_logging(settings.log_level)
    diagnoser = create_diagnoser(settings)

    # The default model is loaded once, while the function starts; where that fails, messages are delivered again.
    try:
        diagnoser.load(DiagnosisOptions())
    except PalierError as error:
        LOGGER.error("the default model cannot be loaded", extra={"code": error.code}, exc_info=error)

    register_snapshot_hooks(lambda: None, forget_clients)


@cache
def _worker() -> BatchWorker:
    return create_worker(settings, diagnoser, [EmfSink(settings.stage, "worker")])


def handler(event: dict[str, Any], _: object) -> BatchResponse:
    """Work on a batch of the queue of jobs.

    Raises:
        NotConfiguredError: the settings name no table, bucket or queue of jobs; the whole batch is delivered again.
    """
    return _worker().work(event["Records"])
