"""A worker that fails at any step loses nothing, counts nothing twice, and leaves a true state."""

import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.core.aws.clients import dynamodb_client, s3_client
from functions.core.jobs.job import DIVIDED
from functions.worker.recordings import RecordingReader
from tests.support.apps import assert_error
from tests.support.aws import BUCKET, HISTORY, JOBS, WorkerEndedError, deliver
from tests.support.faults import FAULTS, Fault, meeting
from tests.support.jobs import Jobs

CLASSES = ["high", "flat", "low", "high", "centred"]
FOUND = ["high", "signal_constant", "low", "high", "centred"]
# A job of two parts, a first and a last one: calls of AWS that the worker makes for the whole of it.
FEW = 3
CALLS = 20
OWN = [{"asset_id": "press-4"}] * 5


async def check_whole(jobs: Jobs, job_id: str, recordings: int = len(CLASSES)) -> None:
    """The job of so many of CLASSES is over, and everything about it is true."""
    done = recordings - 1
    job = await jobs.get(f"/jobs/{job_id}")
    assert (job["state"], job["done"], job["failed"], job["progress"]) == ("partially_failed", done, 1, 1.0)
    assert await jobs.classes(job_id) == FOUND[:recordings]
    for kind in ("csv", "jsonl"):
        lines = s3_client().get_object(Bucket=BUCKET, Key=f"jobs/{job_id}/results.{kind}")["Body"].read()
        assert len(lines.splitlines()) == recordings + (kind == "csv")
    assert active_jobs() == 0
    assert len(kept()) == done
    assert (await jobs.get("/assets"))["assets"][0]["diagnoses"] == done


def active_jobs() -> int:
    item = dynamodb_client().get_item(TableName=JOBS, Key={"job_id": {"S": "quota#everybody"}})["Item"]
    return int(item["active"]["N"])


def kept() -> list[Any]:
    values = {":asset": {"S": "press-4"}}
    query = dynamodb_client().query(
        TableName=HISTORY, KeyConditionExpression="asset_id = :asset", ExpressionAttributeValues=values
    )
    return list(query["Items"])


async def test_without_a_fault(jobs: Jobs) -> None:
    taken = await jobs.submit(CLASSES[:FEW], recordings=OWN[:FEW])
    with meeting(None) as calls:
        jobs.work()
    await check_whole(jobs, taken["job_id"], FEW)
    # The next test puts a fault at each of these.
    assert len(calls.names) == CALLS


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(CALLS))
async def test_a_fault_at_any_call_of_aws(jobs: Jobs, fault: Fault, at: int) -> None:
    taken = await jobs.submit(CLASSES[:FEW], recordings=OWN[:FEW])
    with meeting(fault, at):
        jobs.work()
    assert jobs.queue.dead == []
    await check_whole(jobs, taken["job_id"], FEW)


async def test_every_message_twice_and_in_another_order(jobs: Jobs) -> None:
    taken = await jobs.submit(CLASSES, recordings=OWN)
    parts = jobs.queue.take() * 2
    random.Random(4).shuffle(parts)
    for part in parts:
        assert deliver(jobs.worker, part) == {"batchItemFailures": []}
    await check_whole(jobs, taken["job_id"])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_messages_in_any_order(jobs: Jobs, order: tuple[int, ...]) -> None:
    taken = await jobs.submit(CLASSES, recordings=OWN)
    parts = jobs.queue.take()
    for index in order:
        deliver(jobs.worker, parts[index])
    await check_whole(jobs, taken["job_id"])


async def test_two_workers_on_one_job(jobs: Jobs) -> None:
    taken = await jobs.submit(CLASSES, recordings=OWN)
    parts = jobs.queue.take()
    with meeting(None), ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda part: deliver(jobs.worker, part), parts * 3))
    again = [part for part, answer in zip(parts * 3, answers, strict=True) if answer["batchItemFailures"]]
    for part in again:
        deliver(jobs.worker, part, 2)
    jobs.work()
    await check_whole(jobs, taken["job_id"])


async def test_a_worker_that_finishes_after_its_part_was_divided_counts_nothing(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await jobs.submit(["high", "low"])
    (part,) = jobs.queue.take()
    original = RecordingReader.results

    def slowly(reader: RecordingReader, *arguments: Any) -> Any:
        yield from original(reader, *arguments)
        monkeypatch.setattr(RecordingReader, "results", original)
        # Its message was delivered to somebody else in the meantime.
        jobs.queue.deliver(jobs.worker, part, 2)

    monkeypatch.setattr(RecordingReader, "results", slowly)
    deliver(jobs.worker, part)
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["done"]) == ("running", 0)
    jobs.work()
    assert await jobs.classes(taken["job_id"]) == ["high", "low"]
    stored = jobs.service.table.get(taken["job_id"])
    assert stored is not None
    assert stored.parts["000000-000002"] == DIVIDED


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Recordings of class `low` end the worker; returns how often which recording was tried."""
    tried: list[int] = []
    original = RecordingReader._diagnose

    def diagnose(reader: RecordingReader, job_id: str, planned: Any, content: bytes, members: Any) -> Any:
        tried.append(planned.index)
        if planned.name == "deadly":
            raise WorkerEndedError("out of memory")
        return original(reader, job_id, planned, content, members)

    monkeypatch.setattr(RecordingReader, "_diagnose", diagnose)
    return tried


async def test_a_recording_that_ends_the_worker_is_put_aside_alone(jobs: Jobs, deadly: list[int]) -> None:
    own = [{"name": name} for name in ("a", "deadly", "c", "d")]
    taken = await jobs.submit(["high", "low", "centred", "low"], recordings=own)
    jobs.work()
    assert await jobs.classes(taken["job_id"]) == ["high", "recording_lost", "centred", "low"]
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["done"], job["failed"]) == ("partially_failed", 3, 1)
    assert [body["recordings"][0]["name"] for body in jobs.queue.dead] == ["deadly"]
    assert deadly.count(1) == 3
    assert deadly.count(2) == 1


async def test_a_redriven_message_of_a_job_that_is_over_changes_nothing(jobs: Jobs, deadly: list[int]) -> None:
    taken = await jobs.submit(["low"], recordings=[{"name": "deadly"}])
    jobs.work()
    (body,) = jobs.queue.dead
    assert len(deadly) == 2
    assert deliver(jobs.worker, body) == {"batchItemFailures": []}
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["failed"]) == ("failed", 1)


async def test_a_service_that_stays_away_is_no_fault_of_the_recording(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await jobs.submit(["high"])
    (part,) = jobs.queue.take()
    for receives in (1, 2, 3):
        with meeting("throttled", at=4):
            jobs.queue.deliver(jobs.worker, part, receives)
        jobs.queue.waiting.clear()
    assert jobs.queue.dead == [part]
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["failed"]) == ("running", 0)
    # The dead letters are redriven.
    deliver(jobs.worker, part)
    assert await jobs.classes(taken["job_id"]) == ["high"]


async def test_cancelling_while_a_part_is_diagnosed_ends_it(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = await jobs.submit(["high"] * 2)
    tried: list[int] = []
    original = RecordingReader._diagnose

    def cancelled_meanwhile(reader: RecordingReader, job_id: str, planned: Any, *rest: Any) -> Any:
        tried.append(planned.index)
        jobs.clock.now += 5
        job = jobs.service.table.get(job_id)
        assert job is not None
        jobs.service.close(job, "cancelled")
        return original(reader, job_id, planned, *rest)

    jobs.clock.now = jobs.clock()
    monkeypatch.setattr(RecordingReader, "_diagnose", cancelled_meanwhile)
    jobs.work()
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["done"], tried) == ("cancelled", 0, [0])
    assert active_jobs() == 0


@pytest.mark.parametrize("jump_s", [-1e6, -3600.0, 3600.0])
async def test_a_clock_that_jumps_counts_nothing_twice(jobs: Jobs, jump_s: float) -> None:
    taken = await jobs.submit(CLASSES, recordings=OWN)
    first, second, third = jobs.queue.take()
    deliver(jobs.worker, first)
    jobs.clock.now = jobs.clock() + jump_s
    deliver(jobs.worker, first)
    deliver(jobs.worker, second)
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["done"], job["failed"]) == ("running", 3, 1)
    jobs.clock.now = 0.0
    deliver(jobs.worker, third)
    await check_whole(jobs, taken["job_id"])


async def test_a_clock_beyond_the_deadline_ends_the_job_for_everybody(jobs: Jobs) -> None:
    taken = await jobs.submit(CLASSES)
    first, second, third = jobs.queue.take()
    deliver(jobs.worker, first)
    jobs.clock.now = jobs.clock() + 1e6
    deliver(jobs.worker, second)
    jobs.clock.now = 0.0
    deliver(jobs.worker, third)
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["reason"], job["done"], job["failed"]) == ("failed", "timed_out", 1, 1)
    assert_error(await jobs.client.delete(f"/jobs/{taken['job_id']}"), 409, "job_state", None)
