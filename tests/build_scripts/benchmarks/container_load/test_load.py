import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from build_scripts.benchmarks.container_load.load import Measured, Post, load
from build_scripts.errors import BuildError
from tests.support.servers import serving

SEEN: list[tuple[str, bytes]] = []


async def answer(request: Request) -> Response:
    SEEN.append((request.headers["x-kind"], await request.body()))
    return PlainTextResponse("x" * 70_000)


async def refuse(_: Request) -> Response:
    return PlainTextResponse("no", 429)


async def now_and_then(request: Request) -> Response:
    answered = await answer(request)
    return answered if len(SEEN) % 2 else await refuse(request)


APP = Starlette(
    routes=[
        Route("/answer", answer, methods=["POST"]),
        Route("/refuse", refuse, methods=["POST"]),
        Route("/now-and-then", now_and_then, methods=["POST"]),
    ]
)


def test_every_client_sends_and_every_answer_is_counted() -> None:
    SEEN.clear()
    with serving(APP) as (host, port):
        measured = load(Post(f"http://{host}:{port}/answer", ("x-kind: test",), b"body"), clients=3, seconds=0.3)
    assert set(SEEN) == {("test", b"body")}
    assert len(measured.latencies_ms) == len(SEEN) >= 3
    assert min(measured.latencies_ms) > 0
    assert 0 < measured.per_second <= len(SEEN) / 0.3


def test_an_answer_that_is_none_is_no_figure() -> None:
    with serving(APP) as (host, port), pytest.raises(BuildError, match=r"HTTP/1\.1 404 "):
        load(Post(f"http://{host}:{port}/absent", (), b""), clients=2, seconds=0.1)


def test_refusals_alone_are_no_figure() -> None:
    with serving(APP) as (host, port), pytest.raises(BuildError, match=r"/refuse refused every request\.$"):
        load(Post(f"http://{host}:{port}/refuse", (), b""), clients=2, seconds=0.1)


def test_a_refusal_is_counted_apart_and_not_in_the_figures() -> None:
    SEEN.clear()
    with serving(APP) as (host, port):
        measured = load(Post(f"http://{host}:{port}/now-and-then", ("x-kind: test",), b""), clients=2, seconds=0.3)
    assert len(SEEN) == len(measured.latencies_ms) + measured.refused
    assert abs(len(measured.latencies_ms) - measured.refused) <= 1
    assert measured.refused > 0


def test_percentiles_are_of_all_answers() -> None:
    assert Measured(1.0, tuple(float(value) for value in range(101))).percentile_ms(99) == 99
