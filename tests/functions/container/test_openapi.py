"""The container's OpenAPI document is valid, and true of its answers."""

from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import validate

from functions.container.app import Container
from functions.core.settings import Settings
from tests.support.apps import client_of, every_route
from tests.support.container import make_container


@pytest.fixture(params=[False, True], ids=["one model", "multi-model"])
def served(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Container:
    """The container with one model, and as a multi-model endpoint."""
    return make_container(settings, multi_model=request.param, multi_model_dir=tmp_path)


async def test_it_is_valid_and_has_every_route_and_nothing_else(served: Container) -> None:
    async with client_of(served.served) as client:
        document = (await client.get("/openapi.json")).json()
    validate(document)
    routes = {(one.path, method.lower()) for one in every_route(served.app) for method in (one.methods or set())}
    documented = {(path, method) for path, operations in document["paths"].items() for method in operations}
    assert documented == {(path, method) for path, method in routes if method != "head"}


async def test_operations_are_named_once_and_open_only_where_nobody_need_know_the_caller(served: Container) -> None:
    async with client_of(served.served) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    unlocked = {operation["operationId"] for operation in operations if operation["security"] == []}
    assert unlocked == {
        "index",
        "health",
        "listBearings",
        "openapi",
        "docs",
        "v2Server",
        "v2Live",
        "v2Ready",
        "ping",
        "metrics",
    }


async def test_the_document_is_the_containers_own(door: httpx.AsyncClient) -> None:
    paths = (await door.get("/openapi.json")).json()["paths"]
    assert "/invocations" in paths
    assert not any(path.startswith(("/jobs", "/assets")) for path in paths)
