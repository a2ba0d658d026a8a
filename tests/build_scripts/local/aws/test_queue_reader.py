"""The reader of the queue: what succeeded is deleted, what failed stays, what a death left comes again at once."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from build_scripts.local.aws import queue_reader
from build_scripts.local.aws.queue_reader import QueueReader
from build_scripts.local.aws.worker_process import WorkerEndedError
from functions.core.aws.clients import sqs_client
from functions.worker.batch import BatchResponse
from tests.support.aws import in_memory_aws


class Scripted:
    """A worker that does one thing after the other."""

    def __init__(self, *doings: BatchResponse | Exception) -> None:
        self.doings = list(doings)
        self.bodies: list[str] = []
        self.receives: list[int] = []

    def work(self, records: Sequence[dict[str, Any]]) -> BatchResponse:
        (record,) = records
        self.bodies.append(record["body"])
        self.receives.append(int(record["attributes"]["ApproximateReceiveCount"]))
        doing = self.doings.pop(0)
        if isinstance(doing, Exception):
            raise doing
        return doing


DONE: BatchResponse = {"batchItemFailures": []}
FAILED: BatchResponse = {"batchItemFailures": [{"itemIdentifier": "m1"}]}


@pytest.fixture
def queue_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(queue_reader, "_WAIT_S", 0)
    with in_memory_aws():
        yield sqs_client().create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]


def left(url: str) -> tuple[int, int]:
    """Return how many messages can be received, and how many are in work."""
    found = sqs_client().get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])


@pytest.mark.parametrize(("doing", "after"), [(DONE, (0, 0)), (FAILED, (0, 1)), (WorkerEndedError("ended"), (1, 0))])
def test_what_becomes_of_a_message(queue_url: str, doing: BatchResponse | Exception, after: tuple[int, int]) -> None:
    sqs_client().send_message(QueueUrl=queue_url, MessageBody="part")
    worker = Scripted(doing)
    QueueReader(sqs_client(), queue_url, worker).poll()
    assert worker.bodies == ["part"]
    assert left(queue_url) == after


def test_a_death_counts_as_a_delivery(queue_url: str) -> None:
    sqs_client().send_message(QueueUrl=queue_url, MessageBody="part")
    worker = Scripted(WorkerEndedError("ended"), DONE)
    reader = QueueReader(sqs_client(), queue_url, worker)
    reader.poll()
    reader.poll()
    assert worker.receives == [1, 2]
    assert left(queue_url) == (0, 0)


def test_an_empty_queue_is_no_work(queue_url: str) -> None:
    worker = Scripted()
    QueueReader(sqs_client(), queue_url, worker).poll()
    assert worker.bodies == []
