"""Work on a batch of SQS messages: each succeeds, or is delivered again, independently of the others."""

import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, TypedDict

import msgspec

from functions.core.errors import DependencyUnavailableError, PalierError
from functions.core.jobs.messages import Notify, Part, Reconcile, read_message
from functions.core.jobs.service import JobService
from functions.core.observability.metrics import Meter
from functions.core.observability.telemetry import LOGGER, request_id_var
from functions.worker.parts import PartWorker
from functions.worker.reconciliation import reconcile
from functions.worker.webhook import Webhook, notify

# Delay of a failed message, for each time that it was received; otherwise its whole visibility time-out would pass.
_BACK_OFF_S = 10


class BatchItemFailure(TypedDict):
    """A message that SQS is to deliver again."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """The messages of a batch that failed; Lambda deletes the others.

    Source: AWS Lambda developer guide, "Implementing partial batch responses".
    """

    batchItemFailures: list[BatchItemFailure]


class BatchWorker:
    """The worker: dispatches each message of a batch to its work, and measures it."""

    def __init__(self, service: JobService, parts: PartWorker, webhook: Webhook, meter: Meter) -> None:
        self._service = service
        self._parts = parts
        self._webhook = webhook
        self._meter = meter

    def work(self, records: Iterable[dict[str, Any]]) -> BatchResponse:
        """Work on the records of an SQS event, and return those that failed."""
        failed = [record for record in records if not self._succeeds(record)]
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    def _succeeds(self, record: dict[str, Any]) -> bool:
        """Work on one message and measure it, as the HTTP boundary does with a request."""
        token, measured = request_id_var.set(record["messageId"]), self._meter.begin()
        started, succeeded = time.perf_counter(), False
        try:
            succeeded = self._tried(record, int(record["attributes"]["ApproximateReceiveCount"]))
        finally:
            status = HTTPStatus.OK if succeeded else HTTPStatus.INTERNAL_SERVER_ERROR
            self._meter.end(measured, "message", status, (time.perf_counter() - started) * 1e3)
            request_id_var.reset(token)
        return succeeded

    def _tried(self, record: dict[str, Any], receives: int) -> bool:
        try:
            self._work(record["body"], receives)
        except msgspec.DecodeError:
            LOGGER.exception("a message that nobody here sent")
            return False
        except PalierError as error:
            LOGGER.error(error.message, extra={"code": error.code, "receives": receives}, exc_info=error.__cause__)
            self._return(record["receiptHandle"], receives)
            return False
        return True

    def _work(self, body: str, receives: int) -> None:
        match read_message(body):
            case Part() as part:
                self._parts.work(part, receives)
            case Reconcile() as message:
                reconcile(self._service, message)
            case Notify() as message:
                notify(self._service, self._webhook, message)

    def _return(self, receipt: str, receives: int) -> None:
        try:
            self._service.queue.return_in(receipt, _BACK_OFF_S * receives)
        except DependencyUnavailableError:
            LOGGER.warning("a message comes again only after its visibility time-out")
