"""In every app, a method that a path does not have is refused, with the names of those that it has."""

from collections.abc import Callable
from itertools import groupby

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from functions.core.settings import Settings
from functions.dashboard.app import create_app as create_dashboard
from functions.inference.app import create_app as create_inference
from functions.jobs.app import create_app as create_jobs
from tests.support.apps import assert_error, client_of, every_route
from tests.support.container import make_container


def multi_model(settings: Settings) -> Starlette:
    return make_container(settings, multi_model=True).app


def single_model(settings: Settings) -> Starlette:
    return make_container(settings).app


def methods_by_path(app: Starlette) -> dict[str, set[str]]:
    """Of routes without a parameter at the place of another's name, so that each path has its own methods alone."""
    routes = sorted(every_route(app), key=lambda route: route.path)
    return {path: set().union(*(one.methods or set() for one in same)) for path, same in groupby(routes, path_of)}


def path_of(route: Route) -> str:
    return route.path


@pytest.mark.parametrize("create", [create_inference, create_jobs, create_dashboard, single_model, multi_model])
async def test_another_method_names_all_that_are_allowed(
    settings: Settings, create: Callable[[Settings], Starlette]
) -> None:
    app = create(settings)
    known = methods_by_path(app)
    assert known
    async with client_of(app) as client:
        for path, methods in known.items():
            response = await client.request("PATCH", path.replace("{name}", "a").replace("{job_id}", "b"))
            assert_error(response, 405, "method_not_allowed", None)
            assert set(response.headers["allow"].split(", ")) == methods, path
