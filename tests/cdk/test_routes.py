"""API Gateway must let through what the functions answer, and nothing else."""

import re

import pytest

from cdk.functions import FUNCTIONS
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.apps import every_route

INFERENCE = next(spec for spec in FUNCTIONS if spec.name == "inference")
ANSWERED = sorted(
    {
        f"{method} {route.path.rstrip('/') or '/'}"
        for route in every_route(create_app(Settings(api_keys_required=False)))
        for method in (route.methods or set()) - {"HEAD"}
    }
)


def lets_through(route: str, request: str) -> bool:
    pattern = re.sub(r"\\\{\w+\\\+\\\}", ".+", re.escape(route))
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern), request) is not None


@pytest.mark.parametrize("answered", ANSWERED)
def test_what_is_answered_is_let_through(answered: str) -> None:
    assert any(lets_through(route, answered) for route in INFERENCE.routes)


@pytest.mark.parametrize("route", INFERENCE.routes)
def test_what_is_let_through_is_answered(route: str) -> None:
    assert route.startswith("GET /docs/") or any(lets_through(route, answered) for answered in ANSWERED)
