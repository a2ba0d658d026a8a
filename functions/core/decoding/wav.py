"""Decoder of audio/wav: PCM of 8 to 32 bits and float, any number of channels, read by libsndfile.

libsndfile reads many formats, some by other libraries, which write their complaints to standard error. So it only gets
files with the first bytes and the format tag of an accepted WAV. Where the stated sizes are wrong, because a recorder
crashed or a file was cut, it gets a new header with the right ones.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from functions.core.decoding.foreign import recognize
from functions.core.decoding.sounds import compressed, read_sound
from functions.core.errors import MalformedBodyError
from functions.core.preprocessing.signal import Recording

Order = Literal["little", "big"]

_CONTAINERS = {"WAV", "WAVEX", "RF64"}
# First bytes of a WAV: little-endian, of more than 4 GiB (by two names), big-endian.
_LONG = (b"RF64", b"BW64")
_BYTE_ORDERS: Mapping[bytes, Order] = {b"RIFF": "little", **dict.fromkeys(_LONG, "little"), b"RIFX": "big"}
# Accepted format tags. Source: RFC 2361, and mmreg.h of Windows; the last one: a table behind it has the format.
_TAGS = {0x0001, 0x0003, 0xFFFE}
_OTHER_TAGS = {2: "MS_ADPCM", 6: "ALAW", 7: "ULAW", 0x11: "IMA_ADPCM", 0x31: "GSM610", 0x50: "MPEG", 0x55: "MP3"}
_HEADER_BYTES = 12
_CHUNK_HEADER_BYTES = 8
_FEWEST_FORMAT_BYTES = 16
# Before the samples stand a few chunks at most.
_MOST_CHUNKS = 1000
# Programs that write to a pipe cannot state the length: they state one near 2 or 4 GiB.
_UNKNOWN_LENGTH = 0x7FFF_F000


class _Chunk(NamedTuple):
    """A chunk of a WAV: its name, where its content stands, and the size it states."""

    name: bytes
    start: int
    size: int

    @property
    def next_at(self) -> int:
        """Where the next chunk begins: at an even place."""
        return self.start + self.size + self.size % 2


def decode_wav(body: bytes, full_scale: float | None = None) -> Recording:
    """Decode a WAV into float32 [C, N] and its sample rate; one cut short as far as it goes, with a note.

    Args:
        body: the file.
        full_scale: value of an integer sample at full scale, by default 1; float samples stand for themselves.

    Raises:
        MalformedBodyError: not a WAV.
        SignalTypeError: a compressed WAV.
        SignalShapeError: too many channels.
    """
    content, note = _accepted(body)
    return read_sound(content, "WAV", _CONTAINERS, full_scale, note=note)


def _accepted(body: bytes) -> tuple[bytes, str | None]:
    """Check a WAV's format, and return it with sizes that fit, and a note where it was cut short."""
    order = _BYTE_ORDERS.get(body[:4])
    if order is None or body[8:_HEADER_BYTES] != b"WAVE":
        raise MalformedBodyError(f"The body is {recognize(body) or 'something else'}, not WAV.", field="signal")
    form = _find(body, order, b"fmt ", _HEADER_BYTES)
    tag = int.from_bytes(body[form.start : form.start + 2], order)
    if tag not in _TAGS:
        raise compressed("WAV", _OTHER_TAGS.get(tag, f"{tag:#06x}"))
    data = _find(body, order, b"data", form.next_at)
    present = len(body) - data.start
    stated = _stated(body, data, order)
    size = present if _is_unknown(body, data, order, stated) else min(stated, present)
    note = (
        f"The file is cut short: {present} of {stated} bytes of samples are there."
        if size < stated < _UNKNOWN_LENGTH
        else None
    )
    regular = form.start == _HEADER_BYTES + _CHUNK_HEADER_BYTES and body[:4] not in _LONG and size == data.size
    return (body if regular else _rebuilt(body, order, form, data.start, size)), note


def _rebuilt(body: bytes, order: Order, form: _Chunk, start: int, size: int) -> bytes:
    """Return the format and the samples of a WAV behind a new header; an incomplete last frame is left out."""
    fields = body[form.start : form.start + form.size]
    frame = int.from_bytes(fields[12:14], order) or 1
    samples = body[start : start + size - size % frame]
    content = b"WAVE" + _chunk(b"fmt ", fields, order) + _chunk(b"data", samples, order)
    return (b"RIFF" if order == "little" else b"RIFX") + len(content).to_bytes(4, order) + content


def _chunk(name: bytes, content: bytes, order: Order) -> bytes:
    return b"%b%b%b%b" % (name, len(content).to_bytes(4, order), content, bytes(len(content) % 2))


def _stated(body: bytes, data: _Chunk, order: Order) -> int:
    if body[:4] not in _LONG or data.size != 0xFFFF_FFFF:
        return data.size
    long = next((one for one in _chunks(body, order, _HEADER_BYTES) if one.name == b"ds64"), None)
    return data.size if long is None else int.from_bytes(body[long.start + 8 : long.start + 16], order)


def _is_unknown(body: bytes, data: _Chunk, order: Order, stated: int) -> bool:
    """Whether a stated size is no size: zero where no chunk follows, or one that stands for "unknown"."""
    if stated:
        return stated >= _UNKNOWN_LENGTH
    after = next(_chunks(body, order, data.start), None)
    return after is None or not after.name.isalnum() or after.start + after.size > len(body)


def _chunks(body: bytes, order: Order, at: int) -> Iterator[_Chunk]:
    for _ in range(_MOST_CHUNKS):
        found = _chunk_at(body, order, at)
        if found is None:
            return
        yield found
        at = found.next_at


def _chunk_at(body: bytes, order: Order, at: int) -> _Chunk | None:
    start = at + _CHUNK_HEADER_BYTES
    return _Chunk(body[at : at + 4], start, int.from_bytes(body[at + 4 : start], order)) if start <= len(body) else None


def _find(body: bytes, order: Order, name: bytes, at: int) -> _Chunk:
    found = _chunk_at(body, order, at)
    # Most files have nothing before what is looked for.
    if found is not None and found.name != name:
        found = next((one for one in _chunks(body, order, found.next_at) if one.name == name), None)
    if found is None or (name == b"fmt " and found.size < _FEWEST_FORMAT_BYTES):
        raise MalformedBodyError(f"The WAV has no chunk {name.decode()!r} where one belongs.", field="signal")
    return found
