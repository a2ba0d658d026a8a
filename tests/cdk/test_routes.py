"""API Gateway must let through what the functions answer, and nothing else."""

import re

import pytest

from cdk.functions import FUNCTIONS
from functions.core.settings import Settings
from functions.inference.app import create_app
from functions.jobs.app import create_app as create_jobs_app
from tests.support.apps import every_route

APPS = {"inference": create_app, "jobs": create_jobs_app}
ROUTES = {spec.name: spec.routes for spec in FUNCTIONS if spec.name in APPS}
ANSWERED = {
    name: {
        f"{method} {route.path.rstrip('/') or '/'}"
        for route in every_route(create(Settings(api_keys_required=False)))
        for method in (route.methods or set()) - {"HEAD"}
    }
    for name, create in APPS.items()
}


def lets_through(route: str, request: str) -> bool:
    pattern = re.sub(r"\\\{\w+\\\+\\\}", ".+", re.escape(route))
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern), request) is not None


@pytest.mark.parametrize(("name", "answered"), [(name, one) for name in APPS for one in sorted(ANSWERED[name])])
def test_what_is_answered_is_let_through(name: str, answered: str) -> None:
    assert any(lets_through(route, answered) for route in ROUTES[name])


@pytest.mark.parametrize(("name", "route"), [(name, route) for name in APPS for route in ROUTES[name]])
def test_what_is_let_through_is_answered(name: str, route: str) -> None:
    assert route.startswith("GET /docs/") or any(lets_through(route, answered) for answered in ANSWERED[name])
