"""Routes that are created at their first request, so that a cold start does not import what it does not answer."""

from collections.abc import Callable, Sequence
from functools import cached_property

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Route, Router
from starlette.types import Receive, Scope, Send


class LateRoutes(BaseRoute):
    """All routes at and below one path, which a function creates at the first request for them."""

    def __init__(self, path: str, make: Callable[[], Sequence[Route]]) -> None:
        self.path = path
        self._make = make

    @cached_property
    def routes(self) -> list[Route]:
        """The routes, with their full paths."""
        return list(self._make())

    @cached_property
    def _router(self) -> Router:
        # A redirect would not have the stage or base path before it.
        return Router(self.routes, redirect_slashes=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every request for the path or below it; a slash behind the path itself is removed."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        if path == f"{self.path}/":
            return Match.FULL, {"path": scope["path"].removesuffix("/")}
        found = path == self.path or path.startswith(f"{self.path}/")
        return (Match.FULL if found else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the route that matches."""
        await self._router(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Raise NoMatchFound: these routes cannot be looked up by name."""
        raise NoMatchFound(name, path_params)
