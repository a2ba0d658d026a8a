"""A submission that fails at any step is one whole job or nothing: no object, no count."""

from typing import Any

import pytest

from functions.core.aws.clients import dynamodb_client, s3_client
from functions.core.errors import DependencyUnavailableError, QuotaExceededError
from functions.core.jobs.table import JobTable
from functions.jobs.job_creation import Submitter, identify
from functions.jobs.submission import Submission, read_submission
from tests.support.apps import assert_error, post_json
from tests.support.aws import BUCKET, JOBS, WorkerEndedError, deliver
from tests.support.faults import FAULTS, Fault, meeting
from tests.support.jobs import Jobs, limited, signal

BODY = b'{"signals": [[1, 2, 3]], "model": "absent"}'
ONE = {"signals": [signal("high")]}
UPLOAD = {"uploads": [{"name": "a.wav", "content_type": "audio/wav"}]}
KEY = identify("night-17", BODY)
# Calls of AWS that a submission with an idempotency key makes.
CALLS = 10


def read(body: bytes = BODY) -> Submission:
    return read_submission(body, 10)


def objects() -> list[str]:
    return [one["Key"] for one in s3_client().list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def counted() -> int:
    """Unfinished jobs of the key."""
    item = dynamodb_client().get_item(TableName=JOBS, Key={"job_id": {"S": "quota#everybody"}}).get("Item")
    return int(item["active"]["N"]) if item else 0


def reconcile(jobs: Jobs) -> None:
    """Deliver what waits to be looked at, once."""
    for message in jobs.queue.take("watch"):
        assert deliver(jobs.worker, message)["batchItemFailures"] == []


def stored_jobs() -> list[dict[str, Any]]:
    return [item for item in dynamodb_client().scan(TableName=JOBS)["Items"] if "state" in item]


def test_the_calls_of_a_submission(jobs: Jobs) -> None:
    with meeting(None) as calls:
        Submitter(jobs.service).submit("everybody", read(), KEY)
    # The next test puts a fault at each of these.
    assert len(calls.names) == CALLS
    assert calls.names.index("SendMessageBatch") < calls.names.index("PutObject")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(CALLS))
async def test_a_fault_at_any_call_leaves_a_whole_job_or_nothing(jobs: Jobs, fault: Fault, at: int) -> None:
    with meeting(fault, at), pytest.raises((WorkerEndedError, DependencyUnavailableError)):
        Submitter(jobs.service).submit("everybody", read(), KEY)
    reconcile(jobs)
    jobs.work()
    made = stored_jobs()
    assert counted() == 0
    if made:
        job_id = made[0]["job_id"]["S"]
        assert len(made) == 1
        assert await jobs.classes(job_id) == ["model_not_found"]
        assert all(key.startswith(f"jobs/{job_id}/") for key in objects())
    else:
        assert objects() == []
    # And it can be sent again.
    job, _ = Submitter(jobs.service).submit("everybody", read(), KEY)
    jobs.work()
    assert await jobs.classes(job.job_id) == ["model_not_found"]


@pytest.mark.parametrize("limits", [{"jobs_max_active": 1}, {"jobs_max_daily_recordings": 1}])
async def test_what_has_no_room_leaves_nothing(jobs: Jobs, limits: dict[str, int]) -> None:
    async with limited(jobs, **limits) as client:
        assert (await post_json(client, "/jobs", ONE)).status_code == 202
        before = objects()
        jobs.queue.take("watch")
        for _ in range(3):
            assert_error(await post_json(client, "/jobs", ONE), 429, "quota_exceeded", None)
            assert_error(await post_json(client, "/jobs", UPLOAD), 429, "quota_exceeded", None)
    assert objects() == before
    assert jobs.queue.take("watch") == []


async def test_what_lost_the_race_for_the_last_room_leaves_nothing(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two submissions see the same room; the second finds it taken when its files are stored already."""
    monkeypatch.setattr(JobTable, "check_room", lambda *_: None)
    async with limited(jobs, jobs_max_active=1) as client:
        assert (await post_json(client, "/jobs", ONE)).status_code == 202
        before = objects()
        assert_error(await post_json(client, "/jobs", ONE), 429, "quota_exceeded", None)
    assert objects() == before


async def test_files_that_could_not_be_removed_at_once_go_by_reconciliation(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise QuotaExceededError("no room")

    monkeypatch.setattr(JobTable, "create", refused)
    # Behind the look-up, the two counts, the message and two objects.
    with meeting("throttled", at=6), pytest.raises(DependencyUnavailableError):
        Submitter(jobs.service).submit("everybody", read(), KEY)
    assert len(objects()) == 2
    reconcile(jobs)
    assert objects() == []
    assert jobs.queue.take("watch") == []


async def test_the_same_submission_at_the_same_time_leaves_the_files_of_one(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = Submitter(jobs.service).submit("everybody", read(), KEY)
    before, original, looked = objects(), JobTable.find, []

    def find(*given: Any) -> Any:
        """Find nothing at first: the other has not made its job yet."""
        looked.append(given)
        return original(*given) if len(looked) > 1 else None

    monkeypatch.setattr(JobTable, "find", find)
    again, _ = Submitter(jobs.service).submit("everybody", read(), KEY)
    assert again.job_id == first.job_id
    assert objects() == before


async def test_a_submission_that_was_given_up_makes_no_job(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was reconciled before it was done: its files are gone, and a job without files must not be."""
    original = JobTable.create

    def late(*given: Any) -> Any:
        reconcile(jobs)
        return original(*given)

    with monkeypatch.context() as patch:
        patch.setattr(JobTable, "create", late)
        assert_error(await jobs.post(ONE), 503, "submission_too_slow", None)
    assert (stored_jobs(), objects(), counted()) == ([], [], 0)
    assert (await jobs.post(ONE)).status_code == 202


async def test_reconciliation_of_a_job_that_expired_touches_nothing(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"])
    before = objects()
    jobs.clock.now = jobs.clock() + 40 * 86_400
    reconcile(jobs)
    jobs.clock.now = 0.0
    assert objects() == before
    assert (await jobs.get(f"/jobs/{taken['job_id']}"))["state"] == "queued"
