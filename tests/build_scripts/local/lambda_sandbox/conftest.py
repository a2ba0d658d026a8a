"""The local Lambda for tests, or the reason why there is none."""

from collections.abc import Iterator
from typing import Any

import pytest

from build_scripts.local.lambda_sandbox import events
from build_scripts.local.lambda_sandbox.places import NotHereError, Places, make_places
from build_scripts.local.lambda_sandbox.sandbox import Function, Sandbox
from tests.support.lambda_function import EVENTS

OPEN = {"PALIER_API_KEYS_REQUIRED": "false"}


def read_event(name: str) -> Any:
    """An event of the tests, or of the sandbox itself, with its body filled in."""
    path = EVENTS / f"{name}.json"
    return events.read_event(path if path.exists() else name)


@pytest.fixture(scope="session")
def places() -> Places:
    try:
        return make_places()
    except NotHereError as reason:
        pytest.skip(f"no local Lambda here: {reason}")


@pytest.fixture(scope="session")
def inference(places: Places) -> Iterator[Sandbox]:
    """The inference function, started once."""
    with Sandbox(places, Function(environment=OPEN)) as sandbox:
        assert sandbox.started.kind == "next", sandbox.log()
        yield sandbox
