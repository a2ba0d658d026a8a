"""Bytes to recordings: one module per content type."""

from collections.abc import Callable, Mapping

from functions.core.decoding.delimited import decode_csv
from functions.core.decoding.npy import decode_npy
from functions.core.decoding.raw import decode_raw
from functions.core.decoding.wav import decode_wav
from functions.core.errors import EmptyBodyError, UnsupportedMediaTypeError
from functions.core.models.options import SampleFormat
from functions.core.preprocessing.signal import Recording

JSON = "application/json"
NPY = "application/x-npy"
RAW = "application/octet-stream"

Body = bytes | memoryview

# bytes() of bytes copies nothing.
_DECODERS: Mapping[str, Callable[[Body, float, SampleFormat], Recording]] = {
    RAW: decode_raw,
    NPY: lambda body, *_: decode_npy(bytes(body)),
    "text/csv": lambda body, *_: decode_csv(bytes(body)),
    "audio/wav": lambda body, full_scale, _: decode_wav(bytes(body), full_scale),
}
_ALIASES = {"audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/vnd.wave": "audio/wav"}

MEDIA_TYPES = (JSON, *_DECODERS)


def media_type(content_type: str | None, accepted: tuple[str, ...] = MEDIA_TYPES) -> str:
    """Return the accepted media type a Content-Type header names, without its parameters.

    Raises:
        UnsupportedMediaTypeError: it is missing or not accepted; the message names those that are.
    """
    name = (content_type or "").partition(";")[0].strip().lower()
    name = _ALIASES.get(name, name)
    if name not in accepted:
        given = f"Content-Type {name!r} is not accepted" if name else "The Content-Type is missing"
        raise UnsupportedMediaTypeError(f"{given}; send one of {', '.join(accepted)}.")
    return name


def decode_file(body: Body, kind: str, full_scale: float = 1.0, sample_format: SampleFormat = "float32") -> Recording:
    """Decode a recording in one of the file formats (everything but JSON).

    Args:
        body: the bytes; raw samples of a view of them are not copied.
        kind: one of MEDIA_TYPES.
        full_scale: for WAV or raw samples of integers, the value of a sample at full scale.
        sample_format: what raw samples are, `float32` or `int16`.

    Raises:
        MalformedBodyError: the bytes are not what `kind` says.
        UnusableError: they are, but hold no numeric signal.
    """
    if not body:
        raise EmptyBodyError
    return _DECODERS[kind](body, full_scale, sample_format)
