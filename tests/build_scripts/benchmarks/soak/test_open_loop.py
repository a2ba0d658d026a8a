"""Requests that come when they are due: what counts as latency, what as an error, how they are spread."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from build_scripts.benchmarks.container_load.load import Post
from build_scripts.benchmarks.soak import open_loop
from build_scripts.benchmarks.soak.kinds import Kind
from build_scripts.benchmarks.soak.open_loop import BROKEN, Sampling, arrivals, ask_each, offer, saturation
from build_scripts.errors import BuildError
from tests.support.servers import serving

PAUSE_S = 0.2


async def answer(request: Request) -> Response:
    await request.body()
    return PlainTextResponse("right")


async def wait(_: Request) -> Response:
    await asyncio.sleep(PAUSE_S)
    return PlainTextResponse("late")


async def refuse(_: Request) -> Response:
    return PlainTextResponse("no", 429, headers={"connection": "close"})


APP = Starlette(
    routes=[
        Route(f"/{one.__name__}", one, methods=["POST"]) for one in (answer, wait, refuse)
    ]
)  # fmt: skip


def kinds(url: str, *paths: str) -> Sequence[Kind]:
    return [Kind(path, 1, Post(f"{url}/{path}", (), b"body")) for path in paths]


def test_requests_come_at_their_rate_and_as_often_as_their_weights_say() -> None:
    mix = [Kind("often", 3, Post("", (), b"")), Kind("seldom", 1, Post("", (), b""))]
    found = list(arrivals(mix, rate=1000, seconds=20, seed=1))
    assert found == list(arrivals(mix, rate=1000, seconds=20, seed=1))
    due = [due_s for due_s, _ in found]
    assert due == sorted(due)
    assert due[0] > 0
    assert due[-1] < 20
    # 20,000 are expected; four standard deviations of a Poisson process.
    assert len(found) == pytest.approx(20_000, abs=4 * 20_000**0.5)
    assert Counter(kind for _, kind in found)[0] / len(found) == pytest.approx(0.75, abs=0.015)


def test_latency_begins_when_a_request_is_due_and_not_when_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_loop, "CONNECTIONS", 1)
    with serving(APP) as (host, port):
        url = f"http://{host}:{port}"
        # One connection: the second waits for the first, the third for both.
        observed, _ = offer(url, kinds(url, "wait"), iter([(0.0, 0)] * 3), Sampling(lambda: 0.0, 10.0))
    assert list(observed.statuses) == [200] * 3
    for number, latency_s in enumerate(observed.latency_s, start=1):
        assert latency_s >= number * PAUSE_S


def test_every_answer_has_its_status_and_a_closed_connection_is_made_anew() -> None:
    with serving(APP) as (host, port):
        url = f"http://{host}:{port}"
        mix = kinds(url, "answer", "refuse", "absent")
        schedule = iter([(0.001 * number, number % 3) for number in range(30)])
        observed, measured = offer(url, mix, schedule, Sampling(lambda: 7.0, 10.0))
    assert Counter(zip(observed.kinds, observed.statuses, strict=True)) == {(0, 200): 10, (1, 429): 10, (2, 404): 10}
    assert measured == [7.0]


def test_an_answer_that_never_comes_is_counted() -> None:
    with serving(APP) as (host, port):
        gone = f"http://{host}:{port}"
    observed, _ = offer(gone, kinds(gone, "answer"), iter([(0.0, 0)] * 2), Sampling(lambda: 0.0, 10.0))
    assert list(observed.statuses) == [BROKEN, BROKEN]


def test_saturation_is_of_right_answers() -> None:
    with serving(APP) as (host, port):
        url = f"http://{host}:{port}"
        # Eight connections that wait at every request cannot do more.
        assert 0 < saturation(url, kinds(url, "wait"), 0.5, seed=1) <= 8 / PAUSE_S
        with pytest.raises(BuildError, match=r"answers nothing as it should\.$"):
            saturation(url, kinds(url, "absent"), 0.1, seed=1)


def test_a_kind_that_is_answered_otherwise_is_an_error() -> None:
    with serving(APP) as (host, port):
        url = f"http://{host}:{port}"
        ask_each(url, [*kinds(url, "answer"), Kind("absent", 1, Post(f"{url}/absent", (), b""), 404)])
        with pytest.raises(BuildError, match=r"answers 404 to absent; 200 is right\.$"):
            ask_each(url, kinds(url, "absent"))
