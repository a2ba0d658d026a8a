"""Messages of jobs, and their queue. Messages may come twice, late and in any order: none of them counts anything."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from functions.core.aws.clients import reporting_unavailable, sqs_client
from functions.core.errors import DependencyUnavailableError
from functions.core.jobs.job import PartRange

WHAT = "The queue of jobs"
# Source: Amazon SQS developer guide, "Message quotas": 10 messages and 256 KiB in one call, 15 minutes of delay.
_MOST_MESSAGES = 10
_MOST_BYTES = 200_000
MOST_DELAY_S = 900


class PlannedRecording(msgspec.Struct, frozen=True, omit_defaults=True):
    """One recording of a job: its object in the bucket, and its options.

    offset: where it begins in an object that it shares with others; length: its bytes, where they are known;
    options: its own, beside the job's.
    """

    index: int
    name: str
    key: str
    media_type: str
    offset: int | None = None
    length: int | None = None
    options: dict[str, Any] = {}


class Part(msgspec.Struct, frozen=True, tag="part"):
    """The message to diagnose a part: consecutive recordings of a job."""

    job_id: str
    recordings: list[PlannedRecording]

    @property
    def span(self) -> PartRange:
        """The range of its recordings in the job."""
        return PartRange(self.recordings[0].index, self.recordings[-1].index + 1)

    def singles(self) -> list["Part"]:
        """Return its recordings as parts of their own."""
        return [Part(self.job_id, [one]) for one in self.recordings]


class Reconcile(msgspec.Struct, frozen=True, tag="watch"):
    """The message to check a job from time to time: whether it was dispatched, is overdue, its webhook was called."""

    job_id: str


class Notify(msgspec.Struct, frozen=True, tag="notify"):
    """The message to call a job's webhook."""

    job_id: str
    attempt: int = 1


Message = Part | Reconcile | Notify
_DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def read_message(body: str) -> Message:
    """Read a message's body.

    Raises:
        msgspec.DecodeError: it is no message of this queue.
    """
    return _DECODER.decode(body)


class JobQueue:
    """The queue of jobs: sends messages, and returns received ones."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, messages: Iterable[Message], delay_s: float = 0) -> None:
        """Send messages, which are delivered after a delay at the earliest; raises DependencyUnavailableError."""
        delay = round(min(max(delay_s, 0), MOST_DELAY_S))
        for batch in _batches(msgspec.json.encode(message).decode() for message in messages):
            entries: Any = [
                {"Id": str(index), "MessageBody": body, "DelaySeconds": delay} for index, body in enumerate(batch)
            ]
            with reporting_unavailable(WHAT):
                answer = sqs_client().send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise DependencyUnavailableError(f"{WHAT} refused {len(answer['Failed'])} messages.")

    def return_in(self, receipt: str, delay_s: float) -> None:
        """Return a received message to the queue for delivery after a delay; raises DependencyUnavailableError."""
        with reporting_unavailable(WHAT):
            sqs_client().change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=round(delay_s)
            )


def _batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == _MOST_MESSAGES or size + length > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
