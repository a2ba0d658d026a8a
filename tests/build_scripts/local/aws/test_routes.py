"""First requests for jobs: they wait for the services, and for nothing else."""

import asyncio
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from build_scripts.local.aws.routes import PATHS, LocalJobs
from functions.core.http.asgi import allowed_methods
from functions.core.settings import Settings
from functions.jobs.app import create_app
from tests.support.apps import every_route


class Starting:
    """Services that take a while to start."""

    def __init__(self) -> None:
        self.starts, self.runs = 0, False

    def need_workers(self) -> None:
        self.starts += 1
        time.sleep(0.05)
        self.runs = True

    def are_running(self) -> bool:
        return self.runs


async def test_requests_that_come_together_start_the_workers_once() -> None:
    services, answered = Starting(), 0

    async def answer(*_: Any) -> None:
        nonlocal answered
        assert services.starts == 1
        answered += 1

    jobs = LocalJobs(services, None)  # type: ignore[arg-type]
    jobs.__dict__["_router"] = answer
    await asyncio.gather(*(jobs.handle({}, None, None) for _ in range(3)))  # type: ignore[arg-type]
    await jobs.handle({}, None, None)  # type: ignore[arg-type]
    assert (services.starts, answered) == (1, 4)


def test_a_refused_method_names_those_of_all_routes_of_jobs() -> None:
    async def answer(_: Request) -> Response:
        return Response()

    jobs = LocalJobs(Starting(), None)  # type: ignore[arg-type]
    jobs.__dict__["_router"] = Router([Route("/jobs", answer), Route("/jobs", answer, methods=["POST"])])
    scope = {"type": "http", "method": "PUT", "path": "/jobs"}
    assert allowed_methods([jobs], scope) == {"GET", "HEAD", "POST"}
    assert allowed_methods([jobs], scope | {"path": "/predict"}) == set()


async def test_services_that_ended_are_needed_again() -> None:
    services, answers = Starting(), []

    async def answer(*_: Any) -> None:
        answers.append(services.starts)

    jobs = LocalJobs(services, None)  # type: ignore[arg-type]
    jobs.__dict__["_router"] = answer
    await jobs.handle({}, None, None)  # type: ignore[arg-type]
    services.runs = False
    await asyncio.gather(*(jobs.handle({}, None, None) for _ in range(3)))  # type: ignore[arg-type]
    assert answers == [1, 2, 2, 2]


def test_every_route_of_the_jobs_function_comes_to_it_and_no_path_for_nothing() -> None:
    routes = every_route(create_app(Settings(api_keys_required=False)))
    assert {f"/{route.path.split('/')[1]}" for route in routes} == set(PATHS)
