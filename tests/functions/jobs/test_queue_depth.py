"""The queue's depth: shown beside jobs, and never in the way of their answer."""

import logging

import pytest

from functions.core.aws.clients import sqs_client
from functions.jobs.app import create_app
from functions.jobs.queue_depth import KEPT_S, QueueDepth
from functions.jobs.schemas import QueueAnswer
from tests.conftest import MakeSettings
from tests.support.apps import client_of
from tests.support.aws import REGION
from tests.support.jobs import Clock, Jobs

NOWHERE = f"https://sqs.{REGION}.amazonaws.com/123456789012/absent"


def send(url: str | None, many: int) -> None:
    for _ in range(many):
        sqs_client().send_message(QueueUrl=str(url), MessageBody="{}")


async def test_the_list_of_jobs_says_how_much_waits_and_how_much_was_given_up(jobs: Jobs) -> None:
    send(jobs.settings.jobs_queue_url, 3)
    send(jobs.settings.jobs_dead_letter_queue_url, 1)
    answer = await jobs.get("/jobs")
    assert answer == {"jobs": [], "next_cursor": None, "queue": {"waiting": 3, "dead": 1}}


def test_it_is_asked_for_once_in_some_seconds(aws: dict[str, str]) -> None:
    clock = Clock(100.0)
    depth = QueueDepth(aws["jobs_queue_url"], aws["jobs_dead_letter_queue_url"], clock)
    assert depth.read() == QueueAnswer(waiting=0, dead=0)
    send(aws["jobs_queue_url"], 2)
    clock.now += KEPT_S - 0.1
    assert depth.read() == QueueAnswer(waiting=0, dead=0)
    clock.now += 0.1
    assert depth.read() == QueueAnswer(waiting=2, dead=0)


def test_dead_letters_that_are_not_named_are_not_known(aws: dict[str, str]) -> None:
    assert QueueDepth(aws["jobs_queue_url"], None).read() == QueueAnswer(waiting=0, dead=None)


def test_without_a_queue_nothing_is_known() -> None:
    assert QueueDepth(None, None).read() is None


@pytest.mark.parametrize("name", ["jobs_queue_url", "jobs_dead_letter_queue_url"])
async def test_a_queue_that_does_not_answer_keeps_nobody_from_the_jobs(
    make_settings: MakeSettings, aws: dict[str, str], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "palier")
    async with client_of(create_app(make_settings(**aws | {name: NOWHERE}))) as client:
        answers = [await client.get("/jobs") for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.json()) == (200, {"jobs": [], "next_cursor": None, "queue": None})
    # Not asked again at once: each time it may take seconds.
    assert [record.getMessage() for record in caplog.records] == ["queue depth unknown"]
