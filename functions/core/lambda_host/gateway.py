"""The seam to AWS Lambda: events of API Gateway's REST API to requests of an app, its answers back."""

import binascii
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from mangum import Mangum
from mangum.handlers import APIGateway
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.core.errors import MalformedBodyError, PalierError
from functions.core.http.asgi import create_starlette
from functions.core.settings import Settings

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# Source: API Gateway developer guide, "Input format of a Lambda function for proxy integration".
_MEMBERS: Mapping[str, type] = {"httpMethod": str, "path": str, "requestContext": dict, "resource": str}
# What Mangum takes apart of an address: a name or IPv4 address with a port, and a port alone.
_ADDRESSES = {"host": re.compile(r"[^:]*(:[0-9]{1,5})?"), "x-forwarded-port": re.compile(r"[0-9]{1,5}")}
# Where a member stands in a sentence of msgspec.
_MEMBER = re.compile(r"\$\.(\w+)")


class _Identity(msgspec.Struct):
    sourceIp: str | None = None  # noqa: N815 - API Gateway's name


class _RequestContext(msgspec.Struct):
    identity: _Identity | None = None


class _Request(msgspec.Struct):
    """The members of an event that become a request, each of the type that API Gateway gives it."""

    httpMethod: str  # noqa: N815 - API Gateway's names
    path: str
    requestContext: _RequestContext  # noqa: N815
    headers: dict[str, str] | None = None
    multiValueHeaders: dict[str, list[str]] | None = None  # noqa: N815
    queryStringParameters: dict[str, str] | None = None  # noqa: N815
    multiValueQueryStringParameters: dict[str, list[str]] | None = None  # noqa: N815
    body: str | None = None
    isBase64Encoded: bool | None = None  # noqa: N815


class EventNotHttpError(PalierError):
    """The function was invoked with something else than a request: the invocation fails, nobody waits for HTTP."""

    code = "event_not_http"


class LambdaHandler:
    """Answers API Gateway's events with an app; AWS Lambda calls it."""

    def __init__(self, app: Starlette, settings: Settings) -> None:
        self._settings = settings
        self._adapter = _adapter(app)

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer one event.

        Raises:
            EventNotHttpError: it is no request; Lambda reports its name and sentence.
        """
        require_http(event)
        readable = _with_readable_address(event)
        try:
            return self._adapter(readable, context)
        except MalformedBodyError as error:
            # The app answers what has no body to read, so that also this has its request id and its log line.
            bodiless = {**readable, "body": None, "isBase64Encoded": False}
            return _adapter(_refusing(error, self._settings))(bodiless, context)


def require_http(event: object) -> None:
    """Check that an event is a request of a REST API.

    Raises:
        EventNotHttpError: it is none; what it holds is not repeated.
    """
    if not isinstance(event, dict):
        raise EventNotHttpError(f"The event is no HTTP request of API Gateway but a JSON {_kind(event)}.")
    missing = [name for name, kind in _MEMBERS.items() if not isinstance(event.get(name), kind)]
    if missing:
        raise EventNotHttpError(f"The event is no HTTP request of API Gateway: it has no {', '.join(missing)}.")
    try:
        request = msgspec.convert(event, _Request)
        # Only the body's bytes are the caller's own: what API Gateway has read already is text.
        msgspec.json.encode(msgspec.structs.replace(request, body=None))
    except msgspec.ValidationError as error:
        place = _MEMBER.search(str(error))
        raise EventNotHttpError(
            f"The event is no HTTP request of API Gateway: its {place[1] if place else 'content'} has another type."
        ) from None
    except UnicodeEncodeError:
        raise EventNotHttpError(
            "The event is no HTTP request of API Gateway: it has text that is no Unicode."
        ) from None


def _with_readable_address(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without a Host or port that Mangum could not read; no app here asks for them."""
    headers = {
        member: {name: value for name, value in event[member].items() if _is_readable(name, value)}
        for member in ("headers", "multiValueHeaders")
        if event.get(member)
    }
    identity = event["requestContext"].get("identity") or {}
    return {**event, **headers, "requestContext": {**event["requestContext"], "identity": identity}}


def _is_readable(name: str, value: str | list[str]) -> bool:
    pattern = _ADDRESSES.get(name.lower())
    return pattern is None or pattern.fullmatch(value if isinstance(value, str) else ", ".join(value)) is not None


class _ProxyEvent(APIGateway):
    """An event whose body must be base64 where it says so; Mangum's own reading skips what is not."""

    @property
    def body(self) -> bytes:
        body: str = self.event.get("body") or ""
        try:
            return binascii.a2b_base64(body, strict_mode=True) if self.event.get("isBase64Encoded") else body.encode()
        except UnicodeEncodeError:
            raise MalformedBodyError("The event's body is no Unicode text.") from None
        except ValueError as error:
            raise MalformedBodyError(f"The event's body is not valid base64: {error}.") from None


def _adapter(app: Starlette) -> Mangum:
    # Mangum would run the lifespan on every invocation.
    return Mangum(app, lifespan="off", custom_handlers=[_ProxyEvent])


def _refusing(error: MalformedBodyError, settings: Settings) -> Starlette:
    async def refuse(_: Request) -> Response:
        raise error

    return create_starlette([Route("/{path:path}", refuse, methods=_METHODS)], settings)


def _kind(event: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(event), "null")
