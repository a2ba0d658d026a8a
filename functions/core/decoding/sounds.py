"""Reader of the sound files that libsndfile decodes, WAV and FLAC."""

import io
from collections.abc import Collection

import numpy as np

from functions.core.errors import MalformedBodyError, SignalTypeError
from functions.core.preprocessing.signal import Recording, check_channel_count

_INTEGERS = {"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32"}
_FLOATS = {"FLOAT", "DOUBLE"}


def read_sound(
    content: bytes,
    label: str,
    containers: Collection[str],
    full_scale: float | None,
    *,
    most_per_byte: int = 1,
    note: str | None = None,
) -> Recording:
    """Read a file with libsndfile into float32 [C, N] and its sample rate.

    Args:
        content: the file; the caller has checked its first bytes.
        label: the name of the format in messages.
        containers: libsndfile's names of the format.
        full_scale: value of an integer sample at full scale, by default 1; floats stand for themselves.
        most_per_byte: samples that a byte can hold; a file of more is refused before they are made.
        note: a sentence for the answer about the file.

    Raises:
        MalformedBodyError: libsndfile cannot read it, or it promises more than it can hold.
        SignalTypeError: compressed with loss.
        SignalShapeError: too many channels.
    """
    # Late: other formats never need libsndfile.
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            if file.format not in containers:
                raise MalformedBodyError(f"The body is {file.format}, not {label}.", field="signal")
            if file.subtype not in _INTEGERS | _FLOATS:
                raise compressed(label, file.subtype)
            check_channel_count(file.channels)
            promised = file.frames
            if promised * file.channels > most_per_byte * len(content):
                raise MalformedBodyError(
                    f"The {label} promises {promised} samples, more than its {len(content)} bytes can hold.",
                    field="signal",
                )
            samples = file.read(dtype="float32", always_2d=True).T
            scale = full_scale or 1.0 if file.subtype in _INTEGERS else 1.0
            rate = float(file.samplerate)
    except soundfile.LibsndfileError:
        raise MalformedBodyError(
            f"The {label} cannot be read: its header or its samples are broken; write it anew.", field="signal"
        ) from None
    if samples.shape[1] < promised:
        note = f"The file is cut short: {samples.shape[1]} of {promised} samples are there."
    return Recording(np.ascontiguousarray(samples) * np.float32(scale), rate, note=note)


def compressed(label: str, name: str) -> SignalTypeError:
    """Return the error for samples that are compressed with loss."""
    return SignalTypeError(f"The {label} holds {name} samples; send PCM or float.")
