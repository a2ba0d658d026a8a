"""The handler of AWS Lambda: turns HTTP events of every kind into requests of an app, and its answers back.

Sources of the events: API Gateway developer guide, "Input format of a Lambda function for proxy integration" (REST API)
and "Create AWS Lambda proxy integrations for HTTP APIs" (payload format 2.0); AWS Lambda developer guide, "Invoking
Lambda function URLs"; Elastic Load Balancing user guide, "Lambda functions as targets".
"""

import binascii
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

import msgspec
from mangum import Mangum
from mangum.handlers import ALB, APIGateway, HTTPGateway
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.core.errors import MalformedBodyError, PalierError
from functions.core.http.asgi import create_starlette
from functions.core.settings import Settings

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_NOT_HTTP = "The event is no HTTP request of API Gateway, a function URL or a load balancer"
# The addresses that Mangum can parse: a name or IPv4 address with a port, and a port alone.
_ADDRESSES = {"host": re.compile(r"[^:]*(:[0-9]{1,5})?"), "x-forwarded-port": re.compile(r"[0-9]{1,5}")}
# The place of a member in a message of msgspec.
_MEMBER = re.compile(r"\$\.(\w+)")
_PARAMETER = re.compile(r"{(\w+)\+?}")

Event = dict[str, Any]


class _Content(msgspec.Struct):
    """The members that every kind of event has: headers and the body."""

    headers: dict[str, str] | None = None
    body: str | None = None
    isBase64Encoded: bool | None = None  # noqa: N815 - AWS's names


class _SeveralValues(_Content):
    """The members with several values: a REST API sends them beside single values, a load balancer instead of them."""

    multiValueHeaders: dict[str, list[str]] | None = None  # noqa: N815
    queryStringParameters: dict[str, str] | None = None  # noqa: N815
    multiValueQueryStringParameters: dict[str, list[str]] | None = None  # noqa: N815


class _Identity(msgspec.Struct):
    sourceIp: str | None = None  # noqa: N815


class _RestContext(msgspec.Struct):
    identity: _Identity | None = None


class _RestRequest(_SeveralValues, kw_only=True):
    httpMethod: str  # noqa: N815
    path: str
    resource: str
    requestContext: _RestContext  # noqa: N815
    pathParameters: dict[str, str] | None = None  # noqa: N815


class _Http(msgspec.Struct):
    method: str
    sourceIp: str | None = None  # noqa: N815


class _HttpContext(msgspec.Struct):
    http: _Http
    stage: str = "$default"


class _HttpRequest(_Content, kw_only=True):
    rawPath: str  # noqa: N815
    requestContext: _HttpContext  # noqa: N815
    routeKey: str = "$default"  # noqa: N815
    rawQueryString: str | None = None  # noqa: N815
    cookies: list[str] | None = None
    pathParameters: dict[str, str] | None = None  # noqa: N815


class _BalancerContext(msgspec.Struct):
    elb: dict[str, Any]


class _BalancerRequest(_SeveralValues, kw_only=True):
    httpMethod: str  # noqa: N815
    path: str
    requestContext: _BalancerContext  # noqa: N815


class EventNotHttpError(PalierError):
    """An event that is no HTTP request: the invocation fails, since no caller waits for an HTTP answer."""

    code = "event_not_http"


class _Door:
    """One kind of HTTP event ("door"): its required members, its recognition, and its form for Mangum's adapter."""

    members: ClassVar[Mapping[str, type]]
    shape: ClassVar[type[_Content]]
    event: Event

    @classmethod
    def takes(cls, event: Event) -> bool:
        raise NotImplementedError

    @classmethod
    def readable(cls, event: Event) -> Event:
        raise NotImplementedError

    @classmethod
    def infer(cls, event: Event, context: object, config: object) -> bool:
        return cls.takes(event)

    @property
    def body(self) -> bytes:
        """The body, which must be base64 where the event states it: Mangum's own decoder skips invalid characters."""
        body: str = self.event.get("body") or ""
        try:
            return binascii.a2b_base64(body, strict_mode=True) if self.event.get("isBase64Encoded") else body.encode()
        except UnicodeEncodeError:
            raise MalformedBodyError("The event's body is no Unicode text.") from None
        except ValueError as error:
            raise MalformedBodyError(f"The event's body is not valid base64: {error}.") from None


class _LoadBalancer(_Door, ALB):
    """An Application Load Balancer, whose target group sends single or several values."""

    members: ClassVar = {"httpMethod": str, "path": str}
    shape = _BalancerRequest

    @classmethod
    def takes(cls, event: Event) -> bool:
        return isinstance(event.get("requestContext"), dict) and "elb" in event["requestContext"]

    @classmethod
    def readable(cls, event: Event) -> Event:
        """Return the event without multi-value members that are null: Mangum decides by the presence of their names."""
        several = ("multiValueHeaders", "multiValueQueryStringParameters")
        kept = {name: value for name, value in event.items() if name not in several or value is not None}
        return kept | {"headers": event.get("headers") or {}}


class _HttpApi(_Door, HTTPGateway):
    """An HTTP API with payload format 2.0, or a function URL, which sends the same."""

    members: ClassVar = {"rawPath": str, "requestContext": dict}
    shape = _HttpRequest

    @classmethod
    def takes(cls, event: Event) -> bool:
        return event.get("version") == "2.0"

    @classmethod
    def readable(cls, event: Event) -> Event:
        """Return the event with the path below its stage, and empty values for null."""
        context = event["requestContext"]
        path = _below(event["rawPath"], f"/{context.get('stage')}")
        route = str(event.get("routeKey") or "").partition(" ")[2]
        path = _without_base_path(path, route, event.get("pathParameters") or {})
        http = {"sourceIp": None} | context["http"] | {"path": path}
        known = {"headers": event.get("headers") or {}, "rawQueryString": event.get("rawQueryString") or ""}
        return event | known | {"requestContext": context | {"http": http}}


class _RestApi(_Door, APIGateway):
    """A REST API with a Lambda proxy integration."""

    members: ClassVar = {"httpMethod": str, "path": str, "requestContext": dict, "resource": str}
    shape = _RestRequest

    @classmethod
    def takes(cls, event: Event) -> bool:
        return True

    @classmethod
    def readable(cls, event: Event) -> Event:
        """Return the event with the path below the base path of its domain, and an empty identity for null."""
        path = _without_base_path(event["path"], event["resource"], event.get("pathParameters") or {})
        context = event["requestContext"] | {"identity": event["requestContext"].get("identity") or {}}
        return event | {"path": path, "requestContext": context}


# The first door that recognizes an event takes it; the last takes every event, and its members are then checked.
_DOORS = (_LoadBalancer, _HttpApi, _RestApi)


class LambdaHandler:
    """The handler that AWS Lambda calls: answers events of every kind with an app."""

    def __init__(self, app: Starlette, settings: Settings) -> None:
        self._settings = settings
        self._adapter = _adapter(app)

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer one event.

        Raises:
            EventNotHttpError: it is no HTTP request; Lambda reports the error's name and message.
        """
        readable = _with_readable_address(require_http(event).readable(event))
        try:
            return self._adapter(readable, context)
        except MalformedBodyError as error:
            # An app gives the answer, so that it too has a request id and a log line.
            bodiless = {**readable, "body": None, "isBase64Encoded": False}
            return _adapter(_refusing(error, self._settings))(bodiless, context)


def require_http(event: object) -> type[_Door]:
    """Check that an event is an HTTP request, and return its kind.

    Raises:
        EventNotHttpError: it is none; the message does not repeat its content.
    """
    if not isinstance(event, dict):
        raise EventNotHttpError(f"{_NOT_HTTP} but a JSON {_kind(event)}.")
    door = next(door for door in _DOORS if door.takes(event))
    missing = [name for name, kind in door.members.items() if not isinstance(event.get(name), kind)]
    if missing:
        raise EventNotHttpError(f"{_NOT_HTTP}: it has no {', '.join(missing)}.")
    try:
        request = msgspec.convert(event, door.shape)
        # Everything but the body was read by AWS and is text.
        msgspec.json.encode(msgspec.structs.replace(request, body=None))
    except msgspec.ValidationError as error:
        place = _MEMBER.search(str(error))
        raise EventNotHttpError(f"{_NOT_HTTP}: its {place[1] if place else 'content'} has another type.") from None
    except UnicodeEncodeError:
        raise EventNotHttpError(f"{_NOT_HTTP}: it has text that is no Unicode.") from None
    return door


def _below(path: str, prefix: str) -> str:
    """Return a path without a prefix, or unchanged where it does not begin with it."""
    rest = path.removeprefix(prefix)
    return (rest or "/") if rest[:1] in {"", "/"} else path


def _without_base_path(path: str, route: str, parameters: Mapping[str, str]) -> str:
    """Return a path without the base path that a domain may put before the app's own route."""
    if route == "/":
        return route
    below = _PARAMETER.sub(lambda found: parameters.get(found[1], found[0]), route)
    return next((end for end in (below, unquote(below)) if end and path.endswith(end)), path)


def _with_readable_address(event: Event) -> Event:
    """Return an event without a Host or port that Mangum cannot parse; no app here uses them."""
    return event | {
        member: {name: value for name, value in event[member].items() if _is_readable(name, value)}
        for member in ("headers", "multiValueHeaders")
        if event.get(member)
    }


def _is_readable(name: str, value: str | list[str]) -> bool:
    pattern = _ADDRESSES.get(name.lower())
    return pattern is None or pattern.fullmatch(value if isinstance(value, str) else ", ".join(value)) is not None


def _adapter(app: Starlette) -> Mangum:
    # Mangum would run the lifespan on every invocation.
    return Mangum(app, lifespan="off", custom_handlers=[*_DOORS])


def _refusing(error: MalformedBodyError, settings: Settings) -> Starlette:
    async def refuse(_: Request) -> Response:
        raise error

    return create_starlette([Route("/{path:path}", refuse, methods=_METHODS)], settings)


def _kind(event: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(event), "null")
