"""SageMaker's contract with a container: /ping, and /invocations for every kind of request.

Source: Amazon SageMaker AI developer guide, "Custom Inference Code with Hosting Services"; the binary media type is
that of SageMaker's Triton container.
"""

import re
from dataclasses import dataclass
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from functions.core.decoding.formats import JSON
from functions.core.errors import MalformedEnvelopeError
from functions.core.http.bodies import read_as_sent, read_body
from functions.inference.endpoints import Endpoints
from functions.inference.translation import MEMBERS, translated
from functions.inference.v2.answers import InferenceAnswer
from functions.inference.v2.binary import HEADER_LENGTH
from functions.inference.v2.endpoints import Endpoints as V2Endpoints
from functions.inference.v2.inference import SentRequest

BINARY = "application/vnd.sagemaker-triton.binary+json"
# The parameter of the content type that takes the place of the protocol's own header.
_HEADER_SIZE = "json-header-size"
# Bytes that are scanned in a fraction of a millisecond; larger bodies are scanned in a thread.
_SCANNED_AT_ONCE = 500_000
# The beginning of a list of tensors: an object in it, or nothing, which the protocol refuses.
_TENSORS = re.compile(rb"\s*(?:\[\s*[\]{]|[^\s\[])")
_LOOKED_AT = 1024
_SIZE = re.compile(rf";\s*{_HEADER_SIZE}\s*=\s*(\d{{1,19}})\s*$", re.IGNORECASE | re.ASCII)


class _Members(msgspec.Struct):
    """The members by which a protocol request, a batch and a recording differ; others are skipped unread."""

    inputs: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    signals: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    instances: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    dataframe_split: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    dataframe_records: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def is_of_protocol(self) -> bool:
        """Whether `inputs` is a list of tensors of the protocol; MLflow has arrays there."""
        return self.inputs is not msgspec.UNSET and _TENSORS.match(bytes(self.inputs)[:_LOOKED_AT]) is not None

    @property
    def is_foreign(self) -> bool:
        """Whether the body has the format of another server's clients."""
        return any(getattr(self, name) is not msgspec.UNSET for name in MEMBERS)


_members = msgspec.json.Decoder(_Members)


@dataclass(frozen=True)
class Invocations:
    """The endpoints of SageMaker's contract for one model, the default model of the native endpoints."""

    native: Endpoints
    v2: V2Endpoints

    async def ping(self, request: Request) -> Response:
        """GET /ping: 200 when the default model can serve, else 503."""
        health = await self.native.health(request)
        return Response(status_code=health.status_code, headers=_retry_after(health))

    async def invocations(self, request: Request) -> Response:
        """POST /invocations: a recording or a batch as the native API takes it, or a request of the protocol."""
        content_type = request.headers.get("content-type", "")
        kind = content_type.partition(";")[0].strip().lower()
        if kind == BINARY:
            return await self._binary(request, content_type)
        if kind != JSON:
            return await self.native.predict(request)
        with self.native.workers.place():
            sent = await read_body(request, self.native.settings.max_body_bytes)
        body = await self.native.workers.run(sent.unpacked) if sent.is_packed else sent.content
        small = len(body) <= _SCANNED_AT_ONCE
        members = _members_of(body) if small else await self.native.workers.run(partial(_members_of, body))
        if members.is_of_protocol:
            return _answer(await self.v2.answer(self._sent(body, None, "identity")))
        if members.is_foreign:
            return await self._foreign(request, body)
        replayed = _replayed(request, body)
        if members.signals is not msgspec.UNSET:
            return await self.native.predict_batch(replayed)
        return await self.native.predict(replayed)

    async def _foreign(self, request: Request, body: bytes) -> Response:
        native = await self.native.workers.run(translated, body, self.native.settings.max_batch)
        query = b"&".join(part for part in (request.scope["query_string"], native.query.encode()) if part)
        replayed = _replayed(request, native.body, native.media_type, query)
        return await (self.native.predict_batch(replayed) if native.is_batch else self.native.predict(replayed))

    async def _binary(self, request: Request, content_type: str) -> Response:
        size = _SIZE.search(content_type)
        if size is None:
            raise MalformedEnvelopeError(
                f"The content type must end with {_HEADER_SIZE}, for example {BINARY};{_HEADER_SIZE}=131.",
                field="Content-Type",
            )
        with self.native.workers.place():
            body = await read_as_sent(request, self.native.settings.max_body_bytes)
        encoding = request.headers.get("content-encoding", "identity")
        try:
            return _answer(await self.v2.answer(self._sent(body, size[1], encoding)))
        except MalformedEnvelopeError as error:
            if error.field != HEADER_LENGTH:
                raise
            sentence = error.message.replace(HEADER_LENGTH, _HEADER_SIZE)
            raise MalformedEnvelopeError(sentence, field="Content-Type") from None

    def _sent(self, body: bytes, header_length: str | None, encoding: str) -> SentRequest:
        return SentRequest(
            model=self.native.settings.default_model,
            version=None,
            body=body,
            content_encoding=encoding,
            header_length=header_length,
        )


def _answer(answer: InferenceAnswer) -> Response:
    size = answer.header_bytes
    return Response(answer.body, media_type=JSON if size is None else f"{BINARY};{_HEADER_SIZE}={size}")


def _members_of(body: bytes) -> _Members:
    """Return the members that show the kind of a body; the native API refuses a body that is no object."""
    try:
        return _members.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Members()


def _replayed(request: Request, body: bytes, content_type: str | None = None, query: bytes | None = None) -> Request:
    """Return a request whose unpacked body can be read again, with another content type and query if given."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    dropped = {b"content-encoding", b"content-length"}
    headers = [(name, value) for name, value in request.scope["headers"] if name not in dropped]
    if content_type is not None:
        headers = [(name, value) for name, value in headers if name != b"content-type"]
        headers.append((b"content-type", content_type.encode()))
    scope = {**request.scope, "headers": headers} | ({} if query is None else {"query_string": query})
    return Request(scope, receive)


def _retry_after(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name == "retry-after"}
