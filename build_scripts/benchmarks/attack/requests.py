"""Requests as bytes, so that one mutator changes them and a file keeps them: a line, headers, an empty line, a body."""

import gzip
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message

from build_scripts.benchmarks.attack.mutation import mutate_bytes, mutate_json

_END_OF_HEAD = b"\n\n"
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")


@dataclass
class Answer:
    """The answer of an app."""

    status: int = 0
    body: bytearray = field(default_factory=bytearray)

    async def take(self, message: Message) -> None:
        """Take one message of an app."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def mutate_request(rng: random.Random, seed: bytes, others: Sequence[bytes]) -> bytes:
    """Return a request with its head, its body or both changed; some bodies are packed afterwards."""
    head, body = split_request(seed)
    heads, bodies = zip(*map(split_request, others), strict=True)
    if rng.random() < 0.25 or not body:
        head = mutate_bytes(rng, head, heads)
    elif b"json" in head and rng.random() < 0.5:
        body = mutate_json(rng, body, bodies)
    else:
        body = mutate_bytes(rng, body, bodies)
    if rng.random() < 0.05:
        head, body = head + b"\ncontent-encoding: gzip", gzip.compress(body, 1, mtime=0)
        body = mutate_bytes(rng, body, bodies) if rng.random() < 0.5 else body
    return head + _END_OF_HEAD + body


def split_request(request: bytes) -> tuple[bytes, bytes]:
    """Return head and body."""
    head, _, body = request.partition(_END_OF_HEAD)
    return head, body


async def ask(app: ASGIApp, request: bytes) -> Answer:
    """Send a request to an app as a server does that lets it pass, and return the answer."""
    answer, scope = Answer(), scope_of(request)
    messages = [{"type": "http.request", "body": split_request(request)[1], "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    await app(scope, receive, answer.take)
    return answer


def scope_of(request: bytes) -> dict[str, Any]:
    """Return the ASGI scope of a request; what no server would let pass is left out of its head."""
    line, *headers = split_request(request)[0].split(b"\n")
    method, _, target = line.partition(b" ")
    path, _, query = target.strip().replace(b"#", b"").partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.decode("latin-1").upper()[:20],
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": bytes(byte for byte in query if 0x20 < byte < 0x7F),
        "root_path": "",
        "headers": [header for one in headers if (header := _header(one))[0]],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 8000),
    }


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return (
        bytes(byte for byte in name.lower() if byte in _TOKEN),
        bytes(byte for byte in value.strip() if byte >= 0x20 and byte != 0x7F),
    )
