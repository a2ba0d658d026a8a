"""Reconciliation corrects the state that a worker's death leaves of a job."""

import pytest

from functions.core.jobs.messages import Reconcile
from functions.core.jobs.table import JobTable
from functions.worker.reconciliation import reconcile
from tests.support.aws import WorkerEndedError, deliver
from tests.support.jobs import Jobs

SECRET = "a secret of the plant"


async def test_a_job_that_runs_is_looked_at_again(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"])
    (message,) = jobs.queue.take("watch")
    deliver(jobs.worker, message)
    assert jobs.queue.take("watch") == [message]
    jobs.work()
    deliver(jobs.worker, message)
    assert jobs.queue.take("watch") == []
    assert message["job_id"] == taken["job_id"]


async def test_a_job_that_was_refused_is_not_looked_for_again(jobs: Jobs) -> None:
    reconcile(jobs.service, Reconcile("0" * 32))
    assert jobs.queue.take("watch") == []


async def test_a_job_over_its_time_is_ended_although_nobody_asks(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"])
    (message,) = jobs.queue.take("watch")
    jobs.clock.now = jobs.clock() + jobs.settings.jobs_timeout_s + 1
    deliver(jobs.worker, message)
    assert jobs.queue.take("watch") == []
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["reason"]) == ("failed", "timed_out")


async def test_a_job_whose_last_part_died_before_its_end_is_ended(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = await jobs.submit(["high"])
    (part,) = jobs.queue.take()

    def dies(*_: object) -> None:
        raise WorkerEndedError

    with monkeypatch.context() as patch:
        patch.setattr(JobTable, "finish", dies)
        with pytest.raises(WorkerEndedError):
            deliver(jobs.worker, part)
    assert (await jobs.get(f"/jobs/{taken['job_id']}"))["state"] == "running"
    (message,) = jobs.queue.take("watch")
    deliver(jobs.worker, message)
    assert (await jobs.get(f"/jobs/{taken['job_id']}"))["state"] == "succeeded"


async def test_a_webhook_whose_message_was_lost_is_called(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"], webhook={"url": "https://plant.example/", "secret": SECRET})
    jobs.work()
    (reconciling,) = jobs.queue.take("watch")
    jobs.queue.take("notify")
    deliver(jobs.worker, reconciling)
    assert [one["job_id"] for one in jobs.queue.take("notify")] == [taken["job_id"]]


async def test_a_job_that_waits_for_uploads_is_not_dispatched(jobs: Jobs) -> None:
    await jobs.post({"uploads": [{"name": "a.wav", "content_type": "audio/wav"}]})
    (message,) = jobs.queue.take("watch")
    deliver(jobs.worker, message)
    assert jobs.queue.take("part") == []


async def test_a_message_that_nobody_here_sent_is_put_aside(jobs: Jobs) -> None:
    for body in ("not JSON", "{}", '{"type": "party"}'):
        assert len(deliver(jobs.worker, body)["batchItemFailures"]) == 1
