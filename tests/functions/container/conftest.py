"""The container around the tiny models, and a client of it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from functions.container.app import Container
from functions.core.settings import Settings
from tests.support.apps import client_of
from tests.support.container import make_container


@pytest.fixture
def container(settings: Settings) -> Container:
    one = make_container(settings)
    one.warm_up()
    return one


@pytest.fixture
async def door(container: Container) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the container."""
    async with client_of(container.served) as client:
        yield client
