"""Reading of request bodies within a limit, and their decompression."""

import zlib
from collections.abc import Iterator

from msgspec import Struct
from starlette.requests import Request

from functions.core.errors import BodyTooLargeError, MalformedBodyError, UnsupportedMediaTypeError

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
# A file of many members, as block-wise gzip writes it, has one for each 64 KiB: this many hold 640 MB.
MOST_MEMBERS = 10_000
# zlib copies what is left of a piece behind the end of a member, so a member begins with a small piece, and each
# further one is twice as large.
_FIRST_PIECE_BYTES = 512
# An object for each chunk of a few bytes would be many times as large as the chunk.
_SMALL_CHUNK_BYTES = 4096


class SentBody(Struct, frozen=True):
    """A request's body as it was sent.

    content: packed unless `encoding` is empty or identity; limit_bytes: most bytes of it, unpacked.
    """

    content: bytes
    encoding: str
    limit_bytes: int

    @property
    def is_packed(self) -> bool:
        """Whether the body is compressed, so that `unpacked` must run in a thread."""
        return self.encoding.strip().lower() not in {"", "identity"}

    @property
    def most_bytes(self) -> int:
        """The most bytes that the unpacked body can have."""
        return self.limit_bytes if self.is_packed else len(self.content)

    def unpacked(self) -> bytes:
        """Return the body unpacked; raises as `unpack`."""
        return unpack(self.content, self.encoding, self.limit_bytes)


async def read_body(request: Request, limit_bytes: int) -> SentBody:
    """Read a request's body and leave it packed: unpacking would block the event loop.

    Args:
        request: its body must be unread.
        limit_bytes: most bytes, both as sent and unpacked.

    Raises:
        BodyTooLargeError: more bytes, or more announced: nothing is read then.
    """
    content = await read_as_sent(request, limit_bytes)
    return SentBody(content, request.headers.get("content-encoding", "identity"), limit_bytes)


async def read_as_sent(request: Request, limit_bytes: int) -> bytes:
    """Return the bytes of a request's body.

    Raises:
        BodyTooLargeError: more bytes, or more announced: nothing is read then.
    """
    announced = request.headers.get("content-length", "")
    # Python refuses to read a number of thousands of digits.
    if announced.isdecimal() and (len(announced) > 20 or int(announced) > limit_bytes):
        raise _too_large(limit_bytes)
    chunks: list[bytes | bytearray] = []
    room = limit_bytes
    async for chunk in request.stream():
        room -= len(chunk)
        if room < 0:
            raise _too_large(limit_bytes)
        if chunk:
            _append(chunks, chunk)
    # join copies a large body once, and a single chunk not at all.
    return b"".join(chunks)


def _append(chunks: list[bytes | bytearray], chunk: bytes) -> None:
    last = chunks[-1] if chunks else None
    if len(chunk) >= _SMALL_CHUNK_BYTES or last is None:
        chunks.append(chunk)
    elif isinstance(last, bytearray):
        last += chunk
    else:
        chunks.append(bytearray(chunk))


def unpack(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """Unpack a body; no more than the limit is ever held.

    Raises:
        BodyTooLargeError: more bytes than the limit.
        UnsupportedMediaTypeError: another Content-Encoding than gzip and deflate.
        MalformedBodyError: the packed body is broken, cut short, or in too many members.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return b"".join(_inflated(body, _GZIP_WINDOW, limit_bytes, MOST_MEMBERS))
        case "deflate":
            window_bits = zlib.MAX_WBITS if _is_zlib(body) else -zlib.MAX_WBITS
            return b"".join(_inflated(body, window_bits, limit_bytes, most_members=1))
        case other:
            raise UnsupportedMediaTypeError(
                f"Content-Encoding {other[:40]!r} is not accepted; send gzip, deflate or none.",
                field="Content-Encoding",
            )


def _is_zlib(body: bytes) -> bool:
    """Whether a body has zlib's header; some clients send raw deflate. Source: RFC 1950, section 2.2."""
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _inflated(body: bytes, window_bits: int, limit_bytes: int, most_members: int) -> Iterator[bytes]:
    """Yield the unpacked pieces of every member of a body; gzip may have several. Source: RFC 1952, section 2.2."""
    packed, start, members, room = memoryview(body), 0, 0, limit_bytes
    while start < len(packed) or not members:
        if members == most_members:
            raise _malformed(
                "The packed body is followed by more."
                if most_members == 1
                else f"The packed body has more than {most_members} members; pack it as one."
            )
        members += 1
        inflater, size = zlib.decompressobj(window_bits), _FIRST_PIECE_BYTES
        while not inflater.eof:
            if start >= len(packed):
                raise _malformed("The packed body is cut short.")
            piece = packed[start : start + size]
            unpacked = _decompress(inflater, piece, room + 1)
            room -= len(unpacked)
            if room < 0:
                raise _too_large(limit_bytes)
            if unpacked:
                yield unpacked
            start += len(piece) - len(inflater.unused_data)
            size *= 2


def _decompress(inflater: "zlib._Decompress", piece: memoryview, most_bytes: int) -> bytes:
    try:
        return inflater.decompress(piece, most_bytes)
    except zlib.error as error:
        raise _malformed(f"The body cannot be unpacked: {error}.") from None


def _malformed(sentence: str) -> MalformedBodyError:
    return MalformedBodyError(sentence, field="Content-Encoding")


def _too_large(limit_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"The body is over the limit of {limit_bytes} bytes.")
