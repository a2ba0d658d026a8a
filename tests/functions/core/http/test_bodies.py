import gzip
import random
import tracemalloc
import zlib
from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from functions.core.errors import BodyTooLargeError, MalformedBodyError, PalierError, UnsupportedMediaTypeError
from functions.core.http.bodies import MOST_MEMBERS, read_as_sent, read_body, unpack
from tests.support.costs import FIXED_BYTES, assert_linear, peak_bytes

LIMIT = 1000
PLAIN = b'{"signal": [1, 2, 3]}'


EMPTY_MEMBER = gzip.compress(b"")


async def read(sent: Request, limit_bytes: int = LIMIT) -> bytes:
    return (await read_body(sent, limit_bytes)).unpacked()


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
    assert await read(request([body], content_encoding=encoding)) == PLAIN


@given(st.binary(max_size=500))
async def test_every_packing_comes_back(body: bytes) -> None:
    for packed, encoding in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate")):
        assert await read(request([packed], content_encoding=encoding)) == body


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
        await read(request([body], content_encoding=encoding))
    assert refusal.value.field == (None if error is BodyTooLargeError else "Content-Encoding")


@pytest.mark.parametrize("chunks", [[bytes(LIMIT)], [bytes(LIMIT // 2)] * 2])
async def test_a_body_of_exactly_the_limit_passes(chunks: list[bytes]) -> None:
    assert len(await read(request(chunks))) == LIMIT
    assert len(await read(request([gzip.compress(bytes(LIMIT))], content_encoding="gzip"))) == LIMIT


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
    assert await read(request([PLAIN], content_length=announced)) == PLAIN


class CountingInflater:
    """zlib's, which also counts the bytes it copies: what it leaves behind the end of a member."""

    copied = 0

    def __init__(self, window_bits: int) -> None:
        self._inflater = DECOMPRESSOBJ(window_bits)

    def decompress(self, *arguments: Any) -> bytes:
        unpacked = self._inflater.decompress(*arguments)
        CountingInflater.copied += len(self._inflater.unused_data) + len(self._inflater.unconsumed_tail)
        return unpacked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inflater, name)


DECOMPRESSOBJ = zlib.decompressobj


@pytest.mark.parametrize("member", [EMPTY_MEMBER, gzip.compress(bytes(50_000))], ids=["empty", "zeros"])
def test_many_members_are_read_in_one_walk(monkeypatch: pytest.MonkeyPatch, member: bytes) -> None:
    """Each member's end once copied all that follows it: 2 MB of empty ones took seven seconds."""
    monkeypatch.setattr(zlib, "decompressobj", CountingInflater)
    copied, counts = [], (500, 4000)
    for count in counts:
        CountingInflater.copied = 0
        unpack(member * count, "gzip", 10**9)
        copied.append(CountingInflater.copied)
    assert copied[0] > 0
    assert_linear((copied[0], copied[1]), counts)
    assert copied[1] <= 600 * counts[1]


def test_members_are_counted() -> None:
    assert unpack(EMPTY_MEMBER * MOST_MEMBERS, "gzip", LIMIT) == b""
    with pytest.raises(MalformedBodyError, match="more than 10000 members; pack it as one") as refusal:
        unpack(EMPTY_MEMBER * (MOST_MEMBERS + 1), "gzip", LIMIT)
    assert refusal.value.field == "Content-Encoding"


@given(st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 9)), min_size=1, max_size=5), st.randoms())
def test_a_body_in_any_members_comes_back(members: list[tuple[int, int]], source: random.Random) -> None:
    """Members of all lengths, of bytes that pack well (level above 0) or not at all."""
    parts = [(source.randbytes(1 + size % 1000) * (1 + size // 1000), level) for size, level in members]
    packed = b"".join(gzip.compress(part, level) for part, level in parts)
    assert unpack(packed, "gzip", 10**7) == b"".join(part for part, _ in parts)


@pytest.mark.parametrize("member", [EMPTY_MEMBER, gzip.compress(bytes(1000))], ids=["empty", "zeros"])
def test_memory_of_unpacking_is_linear(member: bytes) -> None:
    sizes = len(gzip.decompress(member)) + len(member)
    for count in (1000, 8000):
        held = peak_bytes(partial(unpack, member * count, "gzip", 10**9))
        assert held <= 4 * count * sizes + FIXED_BYTES


def test_a_bomb_takes_no_more_than_the_limit() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert peak_bytes(lambda: unpack(bomb, "gzip", 100_000)) < 1_000_000


async def test_many_small_chunks_take_no_object_each() -> None:
    """Of one byte each, a bytes object would be forty times as large."""
    count = 100_000
    left = iter(range(count))

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x", "more_body": next(left) + 1 < count}

    tracemalloc.start()
    body = await read_as_sent(Request({"type": "http", "headers": []}, receive), count)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert body == b"x" * count
    assert held < 5 * count


@given(st.lists(st.binary(max_size=9000), max_size=12))
async def test_a_body_in_any_chunks_is_one(chunks: list[bytes]) -> None:
    assert await read_as_sent(request(chunks), 200_000) == b"".join(chunks)
