"""The routes of jobs and assets, whose services are started by the first request for them."""

import asyncio
from functools import cached_property

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Router
from starlette.types import Receive, Scope, Send

from build_scripts.local.aws.services import LocalServices
from functions.core.http.workers import Workers
from functions.core.keys.key_stores import KeyStore
from functions.jobs.app import asset_routes, job_routes
from functions.jobs.assets import AssetEndpoints
from functions.jobs.endpoints import JobEndpoints

PATHS = ("/jobs", "/assets")


class LocalJobs(BaseRoute):
    """All routes of the jobs function."""

    def __init__(self, services: LocalServices, store: KeyStore | None) -> None:
        self._services = services
        self._store = store
        self._starting = asyncio.Lock()
        self._begun = False

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every request for jobs or assets."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path: str = scope["path"]
        found = any(path == one or path.startswith(f"{one}/") for one in PATHS)
        return (Match.FULL if found else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the route that fits; a request waits where the services must be started, or started again."""
        if not self._is_ready():
            # Those that wait do so here: the threads of asyncio are for key checks, too.
            async with self._starting:
                await self._get_ready()
        await self._router(scope, receive, send)

    async def _get_ready(self) -> None:
        # A request that waited for another's start must not wait for the workers' present batch.
        if not self._is_ready():
            await asyncio.to_thread(self._services.need_workers)
            self._begun = True

    def _is_ready(self) -> bool:
        return self._begun and self._services.are_running()

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """No route here is looked up by name."""
        raise NoMatchFound(name, path_params)

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes; to be read after a match alone, because they start the services."""
        return self._router.routes

    @cached_property
    def _router(self) -> Router:
        settings = self._services.need()
        workers = Workers(settings.max_pending)
        jobs, assets = JobEndpoints(settings, workers), AssetEndpoints(settings, workers)
        routes = [*job_routes(jobs, self._store), *asset_routes(assets, self._store)]
        return Router(routes, redirect_slashes=False)
