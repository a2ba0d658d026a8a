"""A submission becomes one job, whatever fails in between, within its key's quota, visible to that key only."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from functions.core.aws.clients import dynamodb_client
from functions.core.errors import DependencyUnavailableError
from functions.core.jobs.messages import JobQueue, Part
from functions.core.keys.keys import KeyRing, create_key, write_key_ring
from functions.core.settings import Settings
from functions.jobs.app import create_app
from tests.support.apps import JSON, assert_error, client_of, post_json
from tests.support.aws import JOBS
from tests.support.jobs import Jobs, limited, signal

ONE = {"signals": [signal("high")]}
KEY = {"Idempotency-Key": "night-17"}


async def test_the_same_submission_again_is_the_same_job(jobs: Jobs) -> None:
    first, again = await jobs.post(ONE, KEY), await jobs.post(ONE, KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["job_id"] == again.json()["job_id"]
    assert len(jobs.queue.take()) == 1
    assert len((await jobs.get("/jobs"))["jobs"]) == 1


async def test_without_a_key_two_submissions_are_two_jobs(jobs: Jobs) -> None:
    assert (await jobs.post(ONE)).json()["job_id"] != (await jobs.post(ONE)).json()["job_id"]


async def test_a_submission_on_its_way_holds_a_place(jobs: Jobs) -> None:
    reached, goes_on = asyncio.Event(), asyncio.Event()

    async def stopping() -> AsyncIterator[bytes]:
        yield b"{"
        reached.set()
        await goes_on.wait()
        yield b"}"

    async with limited(jobs, max_pending=1) as client:
        upload = asyncio.create_task(client.post("/jobs", content=stopping(), headers={"content-type": JSON}))
        await asyncio.wait_for(reached.wait(), 10)
        assert_error(await client.get("/jobs"), 429, "too_many_requests", None)
        goes_on.set()
        assert (await upload).status_code == 422
        assert (await client.get("/jobs")).status_code == 200


async def test_another_submission_may_not_use_the_same_key(jobs: Jobs) -> None:
    await jobs.post(ONE, KEY)
    refused = await jobs.post({"signals": [signal("low")]}, KEY)
    assert_error(refused, 422, "idempotency_key_reused", "Idempotency-Key")


@pytest.mark.parametrize("key", ["", "a b", "x" * 129])
async def test_an_idempotency_key_is_short_and_printable(jobs: Jobs, key: str) -> None:
    assert_error(await jobs.post(ONE, {"Idempotency-Key": key}), 422, "job_invalid", "Idempotency-Key")


async def test_a_submission_that_died_before_its_messages_goes_on_when_repeated(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(JobQueue, "send", failing_for_parts(JobQueue.send))
        assert_error(await jobs.post(ONE, KEY), 503, "dependency_unavailable", None)
    assert jobs.queue.take() == []
    again = await jobs.post(ONE, KEY)
    assert again.status_code == 202
    jobs.work()
    assert await jobs.classes(again.json()["job_id"]) == ["high"]


async def test_a_submission_that_died_before_its_messages_is_put_right_by_reconciliation(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(JobQueue, "send", failing_for_parts(JobQueue.send))
        await jobs.post(ONE)
    (job,) = (await jobs.get("/jobs"))["jobs"]
    (reconcile,) = jobs.queue.take("watch")
    jobs.queue.deliver(jobs.worker, reconcile, 1)
    jobs.work()
    assert await jobs.classes(job["job_id"]) == ["high"]


def failing_for_parts(send: Any) -> Any:
    def failing(queue: JobQueue, messages: Any, delay_s: float = 0) -> None:
        listed = list(messages)
        if any(isinstance(message, Part) for message in listed):
            raise DependencyUnavailableError("The queue of jobs is not available.")
        send(queue, listed, delay_s)

    return failing


async def test_a_key_has_so_many_unfinished_jobs(jobs: Jobs) -> None:
    async with limited(jobs, jobs_max_active=2) as client:
        made = [(await post_json(client, "/jobs", ONE)).json()["job_id"] for _ in range(2)]
        refused = await post_json(client, "/jobs", ONE)
        assert_error(refused, 429, "quota_exceeded", None)
        assert refused.headers["retry-after"] == "60"
        await client.delete(f"/jobs/{made[0]}")
        assert (await post_json(client, "/jobs", ONE)).status_code == 202
        jobs.work()
        assert [(await post_json(client, "/jobs", ONE)).status_code for _ in range(3)] == [202, 202, 429]


async def test_a_key_has_so_many_recordings_a_day(jobs: Jobs) -> None:
    async with limited(jobs, jobs_max_daily_recordings=3) as client:
        two = {"signals": [signal("high")] * 2}
        assert [(await post_json(client, "/jobs", two)).status_code for _ in range(2)] == [202, 429]
        assert (await post_json(client, "/jobs", ONE)).status_code == 202
        assert (await post_json(client, "/jobs", {"signals": [signal("high")] * 4})).status_code == 429


async def test_what_was_refused_counts_nothing(jobs: Jobs) -> None:
    async with limited(jobs, jobs_max_active=1) as client:
        await post_json(client, "/jobs", ONE)
        for _ in range(3):
            await post_json(client, "/jobs", ONE)
    day = {one["job_id"]["S"]: one for one in dynamodb_client().scan(TableName=JOBS)["Items"]}
    counts = {name: item for name, item in day.items() if name.startswith("quota#")}
    assert counts["quota#everybody"]["active"]["N"] == "1"
    assert [item["recordings"]["N"] for name, item in counts.items() if name.count("#") == 2] == ["1"]


async def test_a_job_has_so_many_recordings(jobs: Jobs) -> None:
    async with limited(jobs, jobs_max_recordings=1) as client:
        refused = await post_json(client, "/jobs", {"signals": [signal("high")] * 2})
        assert_error(refused, 413, "job_too_large", "signals")
        night = {"name": "a.f32", "content_type": "application/octet-stream", "recordings": 2}
        refused = await post_json(client, "/jobs", {"uploads": [night]})
        assert_error(refused, 413, "job_too_large", "uploads")


async def test_cancelling_ends_a_job_and_nothing_is_counted_after(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"] * 4)
    first, second = jobs.queue.take()
    jobs.queue.deliver(jobs.worker, first, 1)
    path = f"/jobs/{taken['job_id']}"
    for _ in range(2):
        cancelled = await jobs.client.delete(path)
        assert (cancelled.status_code, cancelled.json()["state"], cancelled.json()["done"]) == (200, "cancelled", 2)
    jobs.queue.deliver(jobs.worker, second, 1)
    job = await jobs.get(path)
    assert (job["state"], job["done"], job["failed"]) == ("cancelled", 2, 0)
    page = await jobs.get(f"{path}/results")
    assert ([one["index"] for one in page["results"]], page["next_cursor"]) == ([0, 1], None)


async def test_a_finished_job_is_not_cancelled(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"])
    jobs.work()
    assert_error(await jobs.client.delete(f"/jobs/{taken['job_id']}"), 409, "job_state", None)
    assert (await jobs.get(f"/jobs/{taken['job_id']}"))["state"] == "succeeded"


async def test_a_cancelled_job_is_not_started(jobs: Jobs) -> None:
    taken = (await jobs.post({"uploads": [{"name": "a.wav", "content_type": "audio/wav"}]})).json()
    path = f"/jobs/{taken['job_id']}"
    assert (await jobs.client.delete(path)).json()["waiting_for_uploads"] is False
    assert_error(await jobs.client.post(f"{path}/start"), 409, "job_state", None)


def set_number(job_id: str, name: str, value: float) -> None:
    dynamodb_client().update_item(
        TableName=JOBS,
        Key={"job_id": {"S": job_id}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": {"N": repr(value)}},
    )


async def test_a_job_over_its_time_has_failed(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"])
    set_number(taken["job_id"], "deadline_s", 1.0)
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["reason"], job["progress"]) == ("failed", "timed_out", 0.0)
    jobs.work()
    assert (await jobs.get(f"/jobs/{taken['job_id']}"))["done"] == 0


async def test_a_job_that_expired_is_gone_although_its_item_is_there(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"])
    set_number(taken["job_id"], "expires_at", 1)
    assert_error(await jobs.client.get(f"/jobs/{taken['job_id']}"), 404, "job_not_found", None)
    assert (await jobs.get("/jobs"))["jobs"] == []
    jobs.work()
    assert jobs.queue.dead == []


async def test_jobs_expire_after_their_retention(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"])
    item = dynamodb_client().get_item(TableName=JOBS, Key={"job_id": {"S": taken["job_id"]}})["Item"]
    kept_s = int(item["expires_at"]["N"]) - float(item["created_s"]["N"])
    assert kept_s == pytest.approx(30 * 86_400 + 21_600, abs=2)


@pytest.fixture
async def two_keys(job_settings: Settings, tmp_path: Path) -> AsyncIterator[list[httpx.AsyncClient]]:
    made = [create_key(name) for name in ("press", "pump")]
    store = tmp_path / "keys.json"
    store.write_bytes(write_key_ring(KeyRing(keys=[stored for _, stored in made])))
    app = create_app(replace(job_settings, api_keys_required=True, api_keys_file=store))
    async with (
        client_of(app, **{"x-api-key": made[0][0]}) as press,
        client_of(app, **{"x-api-key": made[1][0]}) as pump,
    ):
        yield [press, pump]


async def test_a_key_sees_its_own_jobs_only(two_keys: list[httpx.AsyncClient]) -> None:
    press, pump = two_keys
    job_id = (await post_json(press, "/jobs", ONE)).json()["job_id"]
    assert (await press.get(f"/jobs/{job_id}")).status_code == 200
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/start"), ("GET", "/results")):
        assert_error(await pump.request(method, f"/jobs/{job_id}{path}"), 404, "job_not_found", None)
    assert (await pump.get("/jobs")).json()["jobs"] == []
    assert [job["job_id"] for job in (await press.get("/jobs")).json()["jobs"]] == [job_id]


async def test_two_keys_may_choose_the_same_idempotency_key(two_keys: list[httpx.AsyncClient]) -> None:
    answers = [await client.post("/jobs", json=ONE, headers={"Idempotency-Key": "1"}) for client in two_keys]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["job_id"] != answers[1].json()["job_id"]


async def test_a_key_is_needed_with_its_scope(job_settings: Settings, tmp_path: Path) -> None:
    key, stored = create_key("reader", scopes=("read",))
    store = tmp_path / "keys.json"
    store.write_bytes(write_key_ring(KeyRing(keys=[stored])))
    app = create_app(replace(job_settings, api_keys_required=True, api_keys_file=store))
    async with client_of(app) as nobody, client_of(app, **{"x-api-key": key}) as reader:
        assert_error(await nobody.get("/jobs"), 401, "api_key_missing", "X-API-Key")
        assert_error(await reader.post("/jobs", json=ONE), 403, "scope_missing", "X-API-Key")
        assert (await reader.get("/jobs")).status_code == 200
        assert_error(await nobody.get("/assets"), 401, "api_key_missing", "X-API-Key")
