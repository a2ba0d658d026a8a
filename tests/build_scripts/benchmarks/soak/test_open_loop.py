"""Requests that come when they are due: what counts as latency, what as an error, how they are spread."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

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
    served_s: list[float] = []

    async def timed(request: Request) -> Response:
        began = time.perf_counter()
        response = await wait(request)
        served_s.append(time.perf_counter() - began)
        return response

    with serving(Starlette(routes=[Route("/timed", timed, methods=["POST"])])) as (host, port):
        url = f"http://{host}:{port}"
        # One connection: the second waits for the first, the third for both.
        observed, _ = offer(url, kinds(url, "timed"), iter([(0.0, 0)] * 3), Sampling(lambda: 0.0, 10.0))
    assert list(observed.statuses) == [200] * 3
    # By one clock: the server's pauses lie within what the client saw. A nanosecond is for the sums' rounding.
    for latency_s, least_s in zip(observed.latency_s, accumulate(served_s), strict=True):
        assert latency_s >= least_s - 1e-9


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
    began_s: list[float] = []

    async def half(_: Request) -> Response:
        began_s.append(time.perf_counter())
        return PlainTextResponse("", 200 if len(began_s) % 2 else 500)

    with serving(Starlette(routes=[*APP.routes, Route("/half", half, methods=["POST"])])) as (host, port):
        url = f"http://{host}:{port}"
        rate = saturation(url, kinds(url, "half"), 0.5, seed=1)
        assert 0 < rate * (began_s[-1] - began_s[0]) <= (len(began_s) + 1) // 2
        with pytest.raises(BuildError, match=r"answers nothing as it should\.$"):
            saturation(url, kinds(url, "absent"), 0.1, seed=1)


def test_a_kind_that_is_answered_otherwise_is_an_error() -> None:
    with serving(APP) as (host, port):
        url = f"http://{host}:{port}"
        ask_each(url, [*kinds(url, "answer"), Kind("absent", 1, Post(f"{url}/absent", (), b""), 404)])
        with pytest.raises(BuildError, match=r"answers 404 to absent; 200 is right\.$"):
            ask_each(url, kinds(url, "absent"))
