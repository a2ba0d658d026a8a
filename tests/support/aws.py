"""The tables, bucket, queue and bus of jobs, in moto; and the queue's messages as the worker gets them."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal
from unittest.mock import patch

from moto import mock_aws
from moto.sqs.models import sqs_backends

from build_scripts.local.aws.embedded import resources as embedded
from functions.core.aws import clients as aws
from functions.core.aws.clients import forget_clients, sqs_client
from functions.worker.batch import BatchResponse, BatchWorker

# Moto's account.
ACCOUNT = "123456789012"
REGION: Literal["eu-central-1"] = "eu-central-1"
JOBS, HISTORY, BUCKET, BUS = embedded.JOBS, embedded.HISTORY, embedded.BUCKET, embedded.BUS


class WorkerEndedError(BaseException):
    """The worker was killed: nothing in it may catch this."""


@contextmanager
def in_memory_aws(*, own_clients: bool = False) -> Iterator[None]:
    """Services of AWS in this process; no client made outside is used inside.

    Clients of one test serve the next, for making one takes longer than most tests; own_clients: they do not.
    """
    before = dict(os.environ)
    credentials = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    os.environ.update(dict.fromkeys(credentials, "testing"), AWS_DEFAULT_REGION=REGION)
    forget_clients()
    try:
        with mock_aws(), nullcontext() if own_clients else patch.object(aws, "_client", _kept_client):
            yield
    finally:
        forget_clients()
        os.environ.clear()
        os.environ.update(before)


_MAKE_CLIENT = aws._client.__wrapped__


class _KeptClients:
    """Makes each client once; forgetting them all, as after a snapshot, is for those that no test shares."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = _MAKE_CLIENT(service)
        return self._made[service]

    def cache_clear(self) -> None:
        """Keep them."""


_kept_client = _KeptClients()


def make_resources() -> dict[str, str]:
    """Make what the deployment makes; returns the settings that name it."""
    # The process's own clients: what was made is reached after a test's environment was cleaned, too.
    return embedded.make_resources(lambda service: getattr(aws, f"{service}_client")(), REGION).settings


@dataclass
class Deliveries:
    """Deliveries of the queue, as events of Lambda; the test decides delays and time-outs.

    waiting: messages, and how often each was delivered; dead: bodies that failed as often as the queue delivers.
    """

    url: str
    most_receives: int = 3
    waiting: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    dead: list[dict[str, Any]] = field(default_factory=list)

    def take(self, kind: str = "part") -> list[dict[str, Any]]:
        """Take every message of a kind off the queue, also delayed ones."""
        self._fetch()
        taken = [body for body, _ in self.waiting if body["type"] == kind]
        self.waiting = [entry for entry in self.waiting if entry[0]["type"] != kind]
        return taken

    def run(self, worker: BatchWorker, kind: str = "part") -> None:
        """Deliver until nothing of a kind waits; failed messages again, and then to the dead."""
        self._fetch()
        while due := [entry for entry in self.waiting if entry[0]["type"] == kind]:
            self.waiting.remove(due[0])
            self.deliver(worker, *due[0])
            self._fetch()

    def deliver(self, worker: BatchWorker, body: dict[str, Any], receives: int) -> None:
        """Deliver one message; where that fails or ends the worker it waits again."""
        try:
            failed = bool(deliver(worker, body, receives)["batchItemFailures"])
        except WorkerEndedError:
            failed = True
        if failed and receives < self.most_receives:
            self.waiting.append((body, receives + 1))
        elif failed:
            self.dead.append(body)

    def _fetch(self) -> None:
        for queue in sqs_backends[ACCOUNT][REGION].queues.values():
            for message in queue._messages:
                message.delayed_until = 0
        while found := sqs_client().receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for received in found:
                sqs_client().delete_message(QueueUrl=self.url, ReceiptHandle=received["ReceiptHandle"])
                self.waiting.append((json.loads(received["Body"]), 1))


def record(body: dict[str, Any] | str, receives: int = 1, message_id: str | None = None) -> dict[str, Any]:
    """A message as it stands in an event of Lambda."""
    return {
        "messageId": message_id or str(uuid.uuid4()),
        "receiptHandle": "none",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


def deliver(worker: BatchWorker, body: dict[str, Any] | str, receives: int = 1) -> BatchResponse:
    """Deliver one message."""
    return worker.work([record(body, receives)])
