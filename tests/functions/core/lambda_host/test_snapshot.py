"""Hooks of SnapStart; the local Lambda runs them for real."""

import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import snapshot_restore_py
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.core.http.asgi import create_starlette
from functions.core.lambda_host.snapshot import prime_app, register_snapshot_hooks, reseed
from functions.core.observability.metrics import RequestMetrics
from functions.core.settings import Settings
from tests.support.lambda_function import event_loop_of_the_process

SNAP_START = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


@pytest.fixture(autouse=True)
def no_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_before_snapshot_registry", "_after_restore_registry"):
        monkeypatch.setattr(snapshot_restore_py, name, [])


@pytest.mark.parametrize("environment", [{}, {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}])
def test_without_snapshots_nothing_is_registered(environment: dict[str, str]) -> None:
    assert not register_snapshot_hooks(int, int, environment)
    assert snapshot_restore_py.get_before_snapshot() == snapshot_restore_py.get_after_restore() == []


def test_hooks_run_around_a_snapshot() -> None:
    ran: list[str] = []
    assert register_snapshot_hooks(lambda: ran.append("prime"), lambda: ran.append("refresh"), SNAP_START)
    for hooks in (snapshot_restore_py.get_before_snapshot(), snapshot_restore_py.get_after_restore()):
        for hook, arguments, names in hooks:
            hook(*arguments, **names)
    assert ran == ["prime", "refresh"]


def test_a_function_is_primed_by_a_request_and_by_its_clients(settings: Settings) -> None:
    # Behind CloudFront too, past which this request comes.
    settings = replace(settings, edge_proofs=["w" * 40])
    told: list[RequestMetrics] = []
    answered, made = [], []

    async def answer(request: Request) -> Response:
        answered.append(request.url.path)
        return Response()

    sink = SimpleNamespace(record=told.append)
    app = create_starlette([Route("/health", answer)], settings, [sink])
    with event_loop_of_the_process():
        prime_app(app, settings, "/health", [lambda: made.append("client")])
    assert (answered, made) == (["/health"], ["client"])
    # No sink was told: the first request is still to come.
    assert told == []


def test_two_instances_of_one_snapshot_draw_differently() -> None:
    def restored() -> Any:
        random.seed(1)
        np.random.seed(1)
        reseed()
        return random.random(), float(np.random.random())

    first, second = restored(), restored()
    assert first[0] != second[0]
    assert first[1] != second[1]
