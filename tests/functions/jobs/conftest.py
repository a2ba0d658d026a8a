"""The jobs app and the worker over in-process services of AWS."""

from collections.abc import AsyncIterator

import httpx
import pytest

from functions.jobs.app import create_app
from tests.conftest import MakeSettings
from tests.support.apps import client_of
from tests.support.jobs import aws, job_settings, jobs

__all__ = ["aws", "job_settings", "jobs"]


@pytest.fixture
async def client_without_jobs(make_settings: MakeSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_app(make_settings())) as client:
        yield client
