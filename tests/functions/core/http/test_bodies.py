import gzip
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from functions.core.errors import BodyTooLargeError, MalformedBodyError, PalierError, UnsupportedMediaTypeError
from functions.core.http.bodies import read_body

LIMIT = 1000
PLAIN = b'{"signal": [1, 2, 3]}'


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def request(chunks: Iterable[bytes], **headers: str) -> Request:
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    stream = iter(messages)

    async def receive() -> Message:
        return next(stream)

    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": encoded}, receive)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (PLAIN, ""),
        (PLAIN, "identity"),
        (gzip.compress(PLAIN), "gzip"),
        (gzip.compress(PLAIN), "X-GZIP"),
        (gzip.compress(PLAIN[:7]) + gzip.compress(b"") + gzip.compress(PLAIN[7:]), "gzip"),
        (zlib.compress(PLAIN), "deflate"),
        (zlib.compress(PLAIN, 0), "deflate"),
        (raw_deflate(PLAIN), " Deflate "),
    ],
)
async def test_packed_bodies_are_unpacked(body: bytes, encoding: str) -> None:
    assert await read_body(request([body], content_encoding=encoding), LIMIT) == PLAIN


@given(st.binary(max_size=500))
async def test_every_packing_comes_back(body: bytes) -> None:
    for packed, encoding in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate")):
        assert await read_body(request([packed], content_encoding=encoding), LIMIT) == body


@pytest.mark.parametrize(
    ("body", "encoding", "error"),
    [
        (b"", "gzip", MalformedBodyError),
        (b"not packed", "gzip", MalformedBodyError),
        (b"not packed", "deflate", MalformedBodyError),
        (gzip.compress(PLAIN)[:-3], "gzip", MalformedBodyError),
        (gzip.compress(PLAIN)[:10], "gzip", MalformedBodyError),
        (gzip.compress(PLAIN) + b"more", "gzip", MalformedBodyError),
        (zlib.compress(PLAIN)[:-3], "deflate", MalformedBodyError),
        (raw_deflate(PLAIN)[:-3], "deflate", MalformedBodyError),
        (gzip.compress(bytes(LIMIT + 1)), "gzip", BodyTooLargeError),
        (gzip.compress(bytes(LIMIT)) + gzip.compress(b"1"), "gzip", BodyTooLargeError),
        (zlib.compress(PLAIN) + zlib.compress(PLAIN), "deflate", MalformedBodyError),
        (gzip.compress(bytes(900_000)), "gzip", BodyTooLargeError),
        (zlib.compress(bytes(900_000)), "deflate", BodyTooLargeError),
        (PLAIN, "br", UnsupportedMediaTypeError),
        (PLAIN, "gzip, gzip", UnsupportedMediaTypeError),
    ],
)
async def test_what_cannot_be_unpacked_is_refused(body: bytes, encoding: str, error: type[PalierError]) -> None:
    assert len(body) <= LIMIT
    with pytest.raises(error) as refusal:
        await read_body(request([body], content_encoding=encoding), LIMIT)
    assert refusal.value.field == (None if error is BodyTooLargeError else "Content-Encoding")


@pytest.mark.parametrize("chunks", [[bytes(LIMIT)], [bytes(LIMIT // 2)] * 2])
async def test_a_body_of_exactly_the_limit_passes(chunks: list[bytes]) -> None:
    assert len(await read_body(request(chunks), LIMIT)) == LIMIT
    assert len(await read_body(request([gzip.compress(bytes(LIMIT))], content_encoding="gzip"), LIMIT)) == LIMIT


async def test_an_announced_body_over_the_limit_is_refused_unread() -> None:
    def untouched() -> Iterable[bytes]:
        yield b""

    unread = request(untouched(), content_length="10000000000")
    with pytest.raises(BodyTooLargeError, match="over the limit of 1000 bytes") as refusal:
        await read_body(unread, LIMIT)
    assert refusal.value.headers == {"connection": "close"}
    assert not unread._stream_consumed


async def test_a_chunked_body_is_refused_once_it_is_over_and_no_further_chunk_is_read() -> None:
    seen: list[Message] = []

    async def receive() -> Message:
        seen.append({"type": "http.request", "body": bytes(400), "more_body": True})
        return seen[-1]

    with pytest.raises(BodyTooLargeError):
        await read_body(Request({"type": "http", "headers": []}, receive), LIMIT)
    assert len(seen) == 3


@pytest.mark.parametrize("announced", ["9" * 5000, "1001"])
async def test_an_absurd_announcement_is_too_large(announced: str) -> None:
    with pytest.raises(BodyTooLargeError):
        await read_body(request([b""], content_length=announced), LIMIT)


@pytest.mark.parametrize("announced", ["", "-1", "x", "1e9"])
async def test_an_announcement_that_is_no_number_is_left_to_the_reading(announced: str) -> None:
    assert await read_body(request([PLAIN], content_length=announced), LIMIT) == PLAIN
