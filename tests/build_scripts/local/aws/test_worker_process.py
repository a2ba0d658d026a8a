"""The worker in a process of its own: it answers, it starts anew after a death, it ends with its starter."""

import io
import json
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from build_scripts.local.aws.worker_main import answer_lines
from build_scripts.local.aws.worker_process import WorkerEndedError, WorkerProcess
from functions.worker.batch import BatchResponse
from tests.support.processes import ROOT

NAMED = {
    "PALIER_JOBS_TABLE": "jobs",
    "PALIER_JOBS_BUCKET": "recordings",
    "PALIER_JOBS_QUEUE_URL": "http://localhost:1/q",
}
# A message that nobody sent fails without a call of AWS.
FOREIGN = {"messageId": "m1", "receiptHandle": "r1", "body": "{}", "attributes": {"ApproximateReceiveCount": "1"}}
FAILED = {"batchItemFailures": [{"itemIdentifier": "m1"}]}


@pytest.fixture
def environment() -> dict[str, str]:
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1"}
    return os.environ | NAMED | credentials | {"PALIER_STAGE": "local", "PYTHONPATH": str(ROOT)}


def pid_of(worker: WorkerProcess) -> int:
    assert worker._process
    return worker._process.pid


def test_it_answers_batch_after_batch_in_one_process(environment: dict[str, str]) -> None:
    with WorkerProcess(environment) as worker:
        worker.start()
        first = pid_of(worker)
        assert [worker.work([FOREIGN]), worker.work([FOREIGN, FOREIGN])] == [
            FAILED,
            {"batchItemFailures": FAILED["batchItemFailures"] * 2},
        ]
        assert pid_of(worker) == first
        process = worker._process
    assert process
    assert process.returncode == 0


def test_after_a_death_the_next_batch_has_a_new_process(environment: dict[str, str]) -> None:
    with WorkerProcess(environment) as worker:
        worker.work([FOREIGN])
        first = pid_of(worker)
        os.kill(first, signal.SIGSTOP)
        # It dies with the batch in its hands.
        death = threading.Timer(0.2, worker.kill)
        death.start()
        with pytest.raises(WorkerEndedError, match=r"ended with status -9\."):
            worker.work([FOREIGN])
        assert worker.work([FOREIGN]) == FAILED
        assert pid_of(worker) != first


def test_one_that_cannot_start_says_so_for_every_batch(environment: dict[str, str]) -> None:
    unnamed = {name: value for name, value in environment.items() if name not in NAMED}
    with WorkerProcess(unnamed) as worker:
        for _ in range(2):
            with pytest.raises(WorkerEndedError, match=r"ended with status 1\."):
                worker.work([FOREIGN])


def test_one_that_never_started_ends_without_a_word(environment: dict[str, str]) -> None:
    with WorkerProcess(environment) as worker:
        pass
    assert worker._process is None


class Echo:
    """A worker that fails whatever it is given."""

    def work(self, records: Sequence[dict[str, Any]]) -> BatchResponse:
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in records]}


def test_an_answer_is_a_line() -> None:
    batches, answers = io.BytesIO(b'[{"messageId": "a"}]\n[]\n'), io.BytesIO()
    answer_lines(Echo(), batches, answers)  # type: ignore[arg-type]
    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [
        {"batchItemFailures": [{"itemIdentifier": "a"}]},
        {"batchItemFailures": []},
    ]
