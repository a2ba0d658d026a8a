"""First requests for jobs: they wait for the services, and for nothing else."""

import asyncio
import time
from typing import Any

from build_scripts.local.aws.routes import PATHS, LocalJobs
from functions.core.settings import Settings
from functions.jobs.app import create_app
from tests.support.apps import every_route


class Starting:
    """Services that take a while to start."""

    def __init__(self) -> None:
        self.starts = 0

    def need_workers(self) -> None:
        self.starts += 1
        time.sleep(0.05)


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


def test_every_route_of_the_jobs_function_comes_to_it_and_no_path_for_nothing() -> None:
    routes = every_route(create_app(Settings(api_keys_required=False)))
    assert {f"/{route.path.split('/')[1]}" for route in routes} == set(PATHS)
