"""Decoder of audio/flac: PCM of 8 to 24 bits, compressed without loss, read by libsndfile."""

from functions.core.decoding.sounds import read_sound
from functions.core.errors import MalformedBodyError
from functions.core.preprocessing.signal import Recording

_FIRST_BYTES = b"fLaC"
# A recording of a machine has noise: less than a bit a sample is silence, or a file made to fill the memory.
_MOST_PER_BYTE = 8


def decode_flac(body: bytes, full_scale: float | None = None) -> Recording:
    """Decode a FLAC into float32 [C, N] and its sample rate; one cut short as far as it goes, with a note.

    Args:
        body: the file.
        full_scale: value of a sample at full scale, by default 1.

    Raises:
        MalformedBodyError: not a FLAC, or more samples than eight a byte.
        SignalShapeError: too many channels.
    """
    if not body.startswith(_FIRST_BYTES):
        raise MalformedBodyError("The body is something else, not FLAC.", field="signal")
    return read_sound(body, "FLAC", {"FLAC"}, full_scale, most_per_byte=_MOST_PER_BYTE)
