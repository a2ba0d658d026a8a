"""The seam to AWS Lambda: events of API Gateway's REST API to requests of an app, its answers back."""

import binascii
from collections.abc import Mapping
from typing import Any

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
        try:
            return self._adapter(event, context)
        except MalformedBodyError as error:
            # The app answers what has no body to read, so that also this has its request id and its log line.
            bodiless = {**event, "body": None, "isBase64Encoded": False}
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


class _ProxyEvent(APIGateway):
    """An event whose body must be base64 where it says so; Mangum's own reading skips what is not."""

    @property
    def body(self) -> bytes:
        body = self.event.get("body") or ""
        if not self.event.get("isBase64Encoded"):
            return str(body).encode()
        try:
            return binascii.a2b_base64(body, strict_mode=True)
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
