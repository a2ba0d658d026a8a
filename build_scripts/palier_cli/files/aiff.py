"""AIFF and AIFF-C, read by libsndfile and kept as the WAV of the same samples, which the service decodes."""

import io

from functions.core.errors import MalformedBodyError, SignalTypeError

# Of libsndfile; what is compressed is refused.
_SUBTYPES = frozenset({"PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"})
# A larger size stands for "unknown" in a WAV.
_LARGEST_STATED = 0x7FFF_0000
# WAV has no signed samples of 8 bits.
_WIDENED = {"PCM_S8": "PCM_16"}


def aiff_as_wav(content: bytes) -> bytes:
    """Return the bytes of a WAV with the samples of an AIFF, in as many bits; of one cut short, so that it shows.

    Raises:
        MalformedBodyError: it is no AIFF, or damaged.
        SignalTypeError: its samples are compressed.
    """
    # Late: few files need it.
    import soundfile

    if content[:4] != b"FORM" or content[8:12] not in (b"AIFF", b"AIFC"):
        raise MalformedBodyError("The file is not an AIFF: it does not begin with FORM and AIFF.")
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            if file.subtype not in _SUBTYPES:
                raise SignalTypeError(f"The AIFF is compressed ({file.subtype}): export it as PCM or float.")
            # libsndfile counts the frames that are there.
            if file.frames * file.channels > len(content):
                raise MalformedBodyError(f"The AIFF promises {file.frames} samples and has fewer: it is damaged.")
            is_float = file.subtype in ("FLOAT", "DOUBLE")
            samples = file.read(dtype="float64" if is_float else "int32", always_2d=True)
            wav, subtype = io.BytesIO(), _WIDENED.get(file.subtype, file.subtype)
            soundfile.write(wav, samples, file.samplerate, format="WAV", subtype=subtype)
    except soundfile.LibsndfileError:
        raise MalformedBodyError("The AIFF cannot be read: it is damaged; export it again.") from None
    return _with_stated_length(wav.getvalue(), _stated_frames(content), len(samples))


def _stated_frames(content: bytes) -> int:
    """Return how many frames an AIFF states in its chunk COMM, behind the number of channels."""
    at = content.find(b"COMM")
    return int.from_bytes(content[at + 10 : at + 14], "big") if at >= 0 else 0


def _with_stated_length(wav: bytes, stated: int, present: int) -> bytes:
    """Return a WAV whose header states more frames than there are, where the AIFF did."""
    if stated <= present or not present:
        return wav
    at = wav.index(b"data") + 4
    frame_bytes = int.from_bytes(wav[at : at + 4], "little") // present
    size = min(stated * frame_bytes, _LARGEST_STATED)
    return wav[:at] + size.to_bytes(4, "little") + wav[at + 4 :]
