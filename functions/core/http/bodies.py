"""Reading request bodies: bounded, unpacked, never trusted."""

import zlib

from starlette.requests import Request

from functions.core.errors import BodyTooLargeError, MalformedBodyError, UnsupportedMediaTypeError

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Read a request's body, unpacking gzip and deflate.

    Args:
        request: its body must be unread.
        limit_bytes: most bytes, both as sent and unpacked.

    Raises:
        BodyTooLargeError: more bytes, or more announced: nothing is read then.
        UnsupportedMediaTypeError: another Content-Encoding.
        MalformedBodyError: the packed body is broken or cut short.
    """
    body = await read_as_sent(request, limit_bytes)
    return unpack(body, request.headers.get("content-encoding", "identity"), limit_bytes)


async def read_as_sent(request: Request, limit_bytes: int) -> bytes:
    """Read a request's body and leave it packed.

    Raises:
        BodyTooLargeError: more bytes, or more announced: nothing is read then.
    """
    announced = request.headers.get("content-length", "")
    # Python refuses to read a number of thousands of digits.
    if announced.isdecimal() and (len(announced) > 20 or int(announced) > limit_bytes):
        raise _too_large(limit_bytes)
    chunks: list[bytes] = []
    room = limit_bytes
    async for chunk in request.stream():
        room -= len(chunk)
        if room < 0:
            raise _too_large(limit_bytes)
        if chunk:
            chunks.append(chunk)
    # join copies a large body once, and a single chunk not at all.
    return b"".join(chunks)


def unpack(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """Unpack a body; no more than the limit is ever held.

    Raises:
        BodyTooLargeError, UnsupportedMediaTypeError, MalformedBodyError: as `read_body`.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _inflate(body, _GZIP_WINDOW, limit_bytes)
        case "deflate":
            return _inflate(body, zlib.MAX_WBITS if _is_zlib(body) else -zlib.MAX_WBITS, limit_bytes)
        case other:
            raise UnsupportedMediaTypeError(
                f"Content-Encoding {other!r} is not accepted; send gzip, deflate or none.",
                field="Content-Encoding",
            )


def _is_zlib(body: bytes) -> bool:
    """Tell zlib's header from raw deflate, which some clients send. Source: RFC 1950, section 2.2."""
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _inflate(body: bytes, window_bits: int, limit_bytes: int) -> bytes:
    """Unpack every member of a body; gzip may have several. Source: RFC 1952, section 2.2."""
    unpacked: list[bytes] = []
    room = limit_bytes
    while body or not unpacked:
        inflater = zlib.decompressobj(window_bits)
        try:
            unpacked.append(inflater.decompress(body, room + 1))
        except zlib.error as error:
            raise MalformedBodyError(f"The body cannot be unpacked: {error}.", field="Content-Encoding") from None
        room -= len(unpacked[-1])
        if room < 0:
            raise _too_large(limit_bytes)
        if not inflater.eof:
            raise MalformedBodyError("The packed body is cut short.", field="Content-Encoding")
        body = inflater.unused_data
        if body and window_bits != _GZIP_WINDOW:
            raise MalformedBodyError("The packed body is followed by more.", field="Content-Encoding")
    return b"".join(unpacked)


def _too_large(limit_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"The body is over the limit of {limit_bytes} bytes.")
