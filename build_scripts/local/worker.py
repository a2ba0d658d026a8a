"""The worker as a thread that does what Lambda's event source does: receive, run, delete what succeeded."""

from typing import Any

from build_scripts.local.polling import Polling
from functions.worker.batch import BatchWorker

_WAIT_S = 1


class QueueReader(Polling):
    """Runs the worker on one message of a queue after the other, until it is closed."""

    def __init__(self, client: Any, url: str, worker: BatchWorker) -> None:
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
            failed = self._worker.work([as_record(message)])["batchItemFailures"]
            if not failed:
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


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
