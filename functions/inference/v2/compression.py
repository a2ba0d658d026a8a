"""Compression of the answers to inference requests, where the client accepts it.

Answers of every other endpoint stay uncompressed: Triton's clients ignore the Content-Encoding of those.
"""

import zlib

# zlib's numbers for the two containers. Source: zlib manual, deflateInit2. The level is zlib's own default.
_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def accepted_encoding(header: str | None) -> str | None:
    """Return the encoding that an Accept-Encoding header prefers, gzip or deflate, or None for neither.

    Source: RFC 9110, section 12.5.3.
    """
    if header is None:
        return None
    weights = dict(_weighted(part) for part in header.split(","))
    anything = weights.get("*", 0.0)
    best = max(_WINDOW_BITS, key=lambda name: weights.get(name, anything))
    weight = weights.get(best, anything)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


def pack(body: bytes, encoding: str) -> bytes:
    """Compress a body as gzip or deflate (zlib's format, as HTTP defines deflate)."""
    packer = zlib.compressobj(wbits=_WINDOW_BITS[encoding])
    return packer.compress(body) + packer.flush()


def _weighted(part: str) -> tuple[str, float]:
    name, _, parameter = part.strip().lower().partition(";")
    key, _, weight = parameter.strip().partition("=")
    try:
        return name.strip(), float(weight) if key.strip() == "q" else 1.0
    except ValueError:
        return name.strip(), 0.0
