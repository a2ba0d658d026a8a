"""The host names of a local server: a request under another name is refused, as one by DNS rebinding."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.core.errors import PalierError
from functions.core.http.asgi import error_response

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not bound
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?", re.IGNORECASE)


class HostNotAllowedError(PalierError):
    """The request is for another host."""

    status = 421
    code = "host_not_allowed"
    field = "Host"


class AllowedHosts:
    """Middleware: refuses requests for other names; IP addresses pass, because DNS cannot redirect them."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and not self._is_allowed(hosts := Headers(scope=scope).getlist("host")):
            asked = ", ".join(hosts)
            error = HostNotAllowedError(f"This server has no name {asked!r}: its option --allow-host adds a name.")
            await error_response(error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_allowed(self, hosts: Sequence[str]) -> bool:
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        name = (found[1] or found[2]).lower() if found else ""
        return name in self._names or _is_address(name)


def names_of(host: str, more: Sequence[str] = ()) -> list[str]:
    """Return the names of a server that listens at a host: of the loopback, its own, and more, in small letters."""
    own = [socket.gethostname()] if host in _EVERYWHERE else [host]
    return list(dict.fromkeys(name.lower() for name in (*_LOOPBACK, *own, *more)))


def origins_of(names: Iterable[str], port: int) -> list[str]:
    """Return the origins of a server's pages, as browsers write them."""
    return [f"http://{f'[{name}]' if ':' in name else name}:{port}" for name in names]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
