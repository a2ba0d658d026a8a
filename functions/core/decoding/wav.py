"""audio/wav: PCM of 8 to 32 bits and float, any number of channels, read by libsndfile.

libsndfile reads many formats, and hands some to other libraries, which write to standard error what they think of a
body. So it sees none whose first bytes and format tag are not those of a WAV that is accepted.
"""

import io
from collections.abc import Mapping
from typing import Literal

import numpy as np

from functions.core.errors import MalformedBodyError, SignalTypeError
from functions.core.preprocessing.signal import Recording, check_channel_count

_CONTAINERS = {"WAV", "WAVEX", "RF64"}
_INTEGERS = {"PCM_U8", "PCM_16", "PCM_24", "PCM_32"}
_FLOATS = {"FLOAT", "DOUBLE"}
# First bytes of a WAV: little-endian, of more than 4 GiB, big-endian.
_RF64 = b"RF64"
_BYTE_ORDERS: Mapping[bytes, Literal["little", "big"]] = {b"RIFF": "little", _RF64: "little", b"RIFX": "big"}
# First bytes of what is sent instead, for the sentence.
_OTHERS = {b"fLaC": "FLAC", b"FORM": "AIFF", b"riff": "W64", b"OggS": "OGG", b"ID3": "MP3", b"caff": "CAF"}
# Format tags. Source: RFC 2361, and mmreg.h of Windows; the last one says that a table behind it has the format.
_TAGS = {0x0001, 0x0003, 0xFFFE}
_OTHER_TAGS = {2: "MS_ADPCM", 6: "ALAW", 7: "ULAW", 0x11: "IMA_ADPCM", 0x31: "GSM610", 0x50: "MPEG", 0x55: "MP3"}
_HEADER_BYTES = 12
_CHUNK_HEADER_BYTES = 8
# Before the format stand a few chunks at most.
_MOST_CHUNKS = 1000
# Programs that write to a pipe do not know the length: they state one near 2 or 4 GiB.
_UNKNOWN_LENGTH = 0x7FFF_F000


def decode_wav(body: bytes, full_scale: float | None = None) -> Recording:
    """Decode a WAV into float32 [C, N] and its sample rate.

    Args:
        body: the file.
        full_scale: value of an integer sample at full scale, by default 1; float samples stand for themselves.

    Raises:
        MalformedBodyError: not a WAV, or cut short.
        SignalTypeError: a compressed WAV.
        SignalShapeError: too many channels.
    """
    content = _accepted(body)
    # Late: other formats never need libsndfile.
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            if file.format not in _CONTAINERS:
                raise MalformedBodyError(f"The body is {file.format}, not WAV.", field="signal")
            if file.subtype not in _INTEGERS | _FLOATS:
                raise _compressed(file.subtype)
            check_channel_count(file.channels)
            if file.frames * file.channels > len(body):
                raise MalformedBodyError(f"The WAV promises {file.frames} samples; it has fewer.", field="signal")
            samples = file.read(dtype="float32", always_2d=True).T
            scale = full_scale or 1.0 if file.subtype in _INTEGERS else 1.0
            rate = float(file.samplerate)
    except soundfile.LibsndfileError as error:
        raise MalformedBodyError(f"The body is not a WAV file: {error.error_string}", field="signal") from None
    return Recording(np.ascontiguousarray(samples) * np.float32(scale), rate)


def _accepted(body: bytes) -> bytes:
    """Return a WAV of an accepted format, as far as its first chunks tell, that was not cut short; else refuse it."""
    order = _BYTE_ORDERS.get(body[:4])
    if order is None or body[8:_HEADER_BYTES] != b"WAVE":
        name = next((name for first, name in _OTHERS.items() if body.startswith(first)), "something else")
        raise MalformedBodyError(f"The body is {name}, not WAV.", field="signal")
    stated = int.from_bytes(body[4:8], order) + _CHUNK_HEADER_BYTES
    # One byte of padding may be missing; libsndfile would read what is there.
    if body[:4] != _RF64 and len(body) + 1 < stated < _UNKNOWN_LENGTH:
        raise MalformedBodyError(f"The WAV is cut short: it has {len(body)} of {stated} bytes.", field="signal")
    at = _format_chunk(body, order)
    tag = int.from_bytes(body[at + _CHUNK_HEADER_BYTES : at + _CHUNK_HEADER_BYTES + 2], order)
    if tag not in _TAGS:
        raise _compressed(_OTHER_TAGS.get(tag, f"{tag:#06x}"))
    # Without what stands before it, this is the format that libsndfile finds first, too.
    return body if at == _HEADER_BYTES or body[:4] == _RF64 else body[:_HEADER_BYTES] + body[at:]


def _format_chunk(body: bytes, order: Literal["little", "big"]) -> int:
    """Return where the chunk stands that has the format."""
    at = _HEADER_BYTES
    for _ in range(_MOST_CHUNKS):
        if body[at : at + 4] == b"fmt ":
            return at
        size = int.from_bytes(body[at + 4 : at + _CHUNK_HEADER_BYTES], order)
        at += _CHUNK_HEADER_BYTES + size + size % 2
    raise MalformedBodyError("The WAV has no chunk 'fmt ' where one belongs.", field="signal")


def _compressed(name: str) -> SignalTypeError:
    return SignalTypeError(f"The WAV holds {name} samples; send PCM or float.")
