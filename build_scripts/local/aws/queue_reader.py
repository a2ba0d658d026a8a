"""A reader of the queue, as Lambda's event source: receive, have it worked on, delete what succeeded."""

from collections.abc import Sequence
from typing import Any, Protocol

from build_scripts.local.aws.polling import Polling
from build_scripts.local.aws.worker_process import WorkerEndedError
from functions.core.observability.telemetry import LOGGER
from functions.worker.batch import BatchResponse

_WAIT_S = 1


class Worker(Protocol):
    """The interface of a worker on batches."""

    def work(self, records: Sequence[dict[str, Any]], /) -> BatchResponse:
        """Work on the records of an event of SQS and return which failed."""
        ...


class QueueReader(Polling):
    """Runs the worker on one message of a queue after the other, until it is closed."""

    def __init__(self, client: Any, url: str, worker: Worker) -> None:
        self._client = client
        self._url = url
        self._worker = worker
        super().__init__("palier-worker")

    def poll(self) -> None:
        """Wait for a message and have the worker do it; what fails stays in the queue and comes again."""
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=_WAIT_S,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for message in answer.get("Messages", ()):
            self._work(message)

    def _work(self, message: dict[str, Any]) -> None:
        receipt = {"QueueUrl": self._url, "ReceiptHandle": message["ReceiptHandle"]}
        try:
            failed = self._worker.work([as_record(message)])["batchItemFailures"]
        except WorkerEndedError as error:
            LOGGER.error(error.message, extra={"code": error.code})
            # At once: the attempt is over, and their number is limited.
            self._client.change_message_visibility(**receipt, VisibilityTimeout=0)
            return
        if not failed:
            self._client.delete_message(**receipt)


def as_record(message: dict[str, Any]) -> dict[str, Any]:
    """Return a received message as it stands in an event of Lambda.

    Source: AWS Lambda developer guide, "Using Lambda with Amazon SQS".
    """
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
    }
