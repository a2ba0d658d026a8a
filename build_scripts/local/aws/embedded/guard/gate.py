"""The gate before the emulator: names of this machine, pages of this server, signatures by this run's credentials."""

import hashlib
import math
import re
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass
from xml.sax.saxutils import escape

from build_scripts.local.aws.embedded.guard.bodies import Body, DisconnectedError, Message, Receive
from build_scripts.local.aws.embedded.guard.forms import MOST_HEAD_BYTES, read_head
from build_scripts.local.aws.embedded.guard.signatures import (
    RefusedError,
    Request,
    SecretOf,
    check_form,
    check_signature,
    is_hash,
    promised_hash,
    signature_of,
)

HEALTH = "/_ministack/health"
# Holds the rules as JSON, in the environment of the process that the gate stands in.
RULES_VARIABLE = "PALIER_EMBEDDED"
# Of a body that must be hashed before its signature can be checked: more than a function's archive has.
MOST_UNPROVEN_BYTES = 128 * 1024 * 1024
_API = re.compile(r"/restapis/[a-z0-9]+/[A-Za-z0-9_-]+/_user_request_(?:/.*)?", re.DOTALL)
_BUCKET = re.compile(r"/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/?")
_HOSTS = frozenset({"localhost", "127.0.0.1"})
# Headers that a browser or client sends unsigned. Everything else could change what a signed link or form does.
_HARMLESS = frozenset(
    {"host", "origin", "range", "content-type", "content-length", "accept-encoding", "if-none-match", "expect"}
)
_TWICE = frozenset({"host", "origin", "authorization", "content-type", "content-length", "x-amz-date"})

Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Rules:
    """The rules by which requests pass.

    Attributes:
        port: where the emulator listens.
        origins: of the pages that may upload and download, like `http://localhost:8000`.
        has_apis: deployed APIs are asked without a signature; they check keys of their own.
    """

    port: int
    origins: tuple[str, ...] = ()
    has_apis: bool = False


@dataclass(frozen=True)
class Gate:
    """An ASGI app that passes allowed requests on to the emulator, and refuses all others.

    Attributes:
        app: the emulator.
        rules: by which requests pass.
        secret_of: returns the secret of credentials.
    """

    app: App
    rules: Rules
    secret_of: SecretOf

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        shared = _shared_with(None)
        try:
            request = _request_of(scope)
            self._check_host(request)
            if self.rules.has_apis and _API.fullmatch(request.path):
                await self.app(scope, receive, send)
                return
            origin = self._allowed_origin(request)
            shared = _shared_with(origin)
            if origin and request.method == "OPTIONS":
                await _send(send, 204, b"", shared + _PREFLIGHT)
            elif request.path == HEALTH and request.method == "GET":
                await _send(send, 200, b"{}", [])
            else:
                admitted, again = await self._admitted(request, scope, receive)
                await self.app(admitted, again, _with_headers(send, shared))
        except RefusedError as reason:
            body = f"<Error><Code>{reason.code}</Code><Message>{escape(str(reason))}</Message></Error>".encode()
            await _send(send, reason.status, body, [*shared, (b"content-type", b"application/xml")])
        except DisconnectedError:
            return

    def _check_host(self, request: Request) -> None:
        host, _, port = request.headers.get("host", "").lower().rpartition(":")
        # Command lines that deploy name buckets in the host.
        is_own = host in _HOSTS or (self.rules.has_apis and host.endswith(".localhost") and not _is_form(request))
        if not is_own or port != str(self.rules.port):
            raise RefusedError("The request is for another host.")

    def _allowed_origin(self, request: Request) -> str | None:
        origin = request.headers.get("origin")
        if origin is not None and origin not in self.rules.origins:
            raise RefusedError("The page that asks is of another origin.")
        return origin

    async def _admitted(self, request: Request, scope: Message, receive: Receive) -> tuple[Message, Receive]:
        """Return what the emulator may see of a request, once its signature was checked."""
        body = Body(receive)
        if _is_form(request):
            await self._check_form(request, body)
            return _only_headers(scope, _HARMLESS), body.again()
        signature = signature_of(request)
        if self.secret_of(signature.key_id, signature.token) is None:
            raise RefusedError("The credentials are not those of these services.")
        promised = promised_hash(request, signature)
        if promised is not None:
            check_signature(request, signature, promised, self.secret_of)
        if promised is None or is_hash(promised):
            whole = await body.whole(MOST_UNPROVEN_BYTES if promised is None else math.inf)
            found = hashlib.sha256(whole).hexdigest()
            if promised is None:
                check_signature(request, signature, found, self.secret_of)
            elif found != promised:
                raise RefusedError("The signature is of another body.")
        return _only_headers(scope, _HARMLESS | {*signature.signed}) if signature.is_link else scope, body.again()

    async def _check_form(self, request: Request, body: Body) -> None:
        bucket = _BUCKET.fullmatch(request.path)
        if bucket is None:
            raise RefusedError("The form is for no bucket.")
        head = read_head(request.headers["content-type"], await body.start(MOST_HEAD_BYTES))
        check_form(head.fields, self.secret_of)
        head.check_end(await body.whole(head.most_bytes(bucket[1])))


def _request_of(scope: Message) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        if name in headers and name in _TWICE:
            raise RefusedError(f"The request has two headers {name}.")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return Request(scope["method"], path, query, headers)


def _is_form(request: Request) -> bool:
    if request.method != "POST" or request.query or "authorization" in request.headers:
        return False
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def _only_headers(scope: Message, names: Set[str]) -> Message:
    kept = [(name, value) for name, value in scope["headers"] if name.decode("latin-1").lower() in names]
    return {**scope, "headers": kept}


_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"600"),
]


def _shared_with(origin: str | None) -> list[tuple[bytes, bytes]]:
    shared = [(b"access-control-allow-origin", origin.encode("latin-1"))] if origin else []
    return [*shared, (b"vary", b"origin")]


def _with_headers(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    """Return a channel that replaces the emulator's headers about pages of other origins."""

    async def replaced(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [one for one in message.get("headers", ()) if not one[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": [*own, *headers]}
        await send(message)

    return replaced


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
