"""audio/wav: PCM of 8 to 32 bits and float, any number of channels, read by libsndfile."""

import io

import numpy as np

from functions.core.errors import MalformedBodyError, SignalTypeError
from functions.core.preprocessing.signal import Recording

_CONTAINERS = {"WAV", "WAVEX", "RF64"}
_INTEGERS = {"PCM_U8", "PCM_16", "PCM_24", "PCM_32"}
_FLOATS = {"FLOAT", "DOUBLE"}
# Programs that write to a pipe do not know the length: they state one near 2 or 4 GiB.
_UNKNOWN_LENGTH = 0x7FFF_F000


def decode_wav(body: bytes, full_scale: float = 1.0) -> Recording:
    """Decode a WAV into float32 [C, N] and its sample rate.

    Args:
        body: the file.
        full_scale: value of an integer sample at full scale; float samples stand for themselves.

    Raises:
        MalformedBodyError: not a WAV, or cut short.
        SignalTypeError: a compressed WAV.
    """
    _check_complete(body)
    # Late: other formats never need libsndfile.
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(body)) as file:
            if file.format not in _CONTAINERS:
                raise MalformedBodyError(f"The body is {file.format}, not WAV.", field="signal")
            if file.subtype not in _INTEGERS | _FLOATS:
                raise SignalTypeError(f"The WAV holds {file.subtype} samples; send PCM or float.")
            samples = file.read(dtype="float32", always_2d=True).T
            scale = full_scale if file.subtype in _INTEGERS else 1.0
            rate = float(file.samplerate)
    except soundfile.LibsndfileError as error:
        raise MalformedBodyError(f"The body is not a WAV file: {error.error_string}", field="signal") from None
    return Recording(np.ascontiguousarray(samples) * np.float32(scale), rate)


def _check_complete(body: bytes) -> None:
    """Refuse a WAV that was cut short; libsndfile would read what is there of it."""
    stated = int.from_bytes(body[4:8], "big" if body[:4] == b"RIFX" else "little") + 8
    # One byte of padding may be missing.
    if body[:4] in {b"RIFF", b"RIFX"} and len(body) + 1 < stated < _UNKNOWN_LENGTH:
        raise MalformedBodyError(f"The WAV is cut short: it has {len(body)} of {stated} bytes.", field="signal")
