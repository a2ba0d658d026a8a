"""Routes that are made when they are first needed: a function that starts cold pays only for what it answers."""

from collections.abc import Callable, Sequence
from functools import cached_property

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Route, Router
from starlette.types import Receive, Scope, Send


class LateRoutes(BaseRoute):
    """All routes at and below one path, from a function that is called at the first request for them."""

    def __init__(self, path: str, make: Callable[[], Sequence[Route]]) -> None:
        self.path = path
        self._make = make

    @cached_property
    def routes(self) -> list[Route]:
        """The routes; their paths are whole."""
        return list(self._make())

    @cached_property
    def _router(self) -> Router:
        # A redirect behind a stage or base path would lead astray.
        return Router(self.routes, redirect_slashes=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every request for the path or below it; a slash behind the path itself is let go."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        if path == f"{self.path}/":
            return Match.FULL, {"path": scope["path"].removesuffix("/")}
        found = path == self.path or path.startswith(f"{self.path}/")
        return (Match.FULL if found else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the route that fits."""
        await self._router(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """No route here is looked up by name."""
        raise NoMatchFound(name, path_params)
