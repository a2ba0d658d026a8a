"""AIFF and AIFF-C, read by libsndfile and kept as the WAV of the same samples, which the service decodes."""

import io

from functions.core.errors import MalformedBodyError, SignalTypeError

# Of libsndfile; what is compressed is refused.
_SUBTYPES = frozenset({"PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"})
# WAV has no signed samples of 8 bits.
_WIDENED = {"PCM_S8": "PCM_16"}


def aiff_as_wav(content: bytes) -> bytes:
    """Return the bytes of a WAV with the samples of an AIFF, in as many bits.

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
            if file.frames * file.channels > len(content):
                raise MalformedBodyError(f"The AIFF promises {file.frames} samples and has fewer: it is damaged.")
            is_float = file.subtype in ("FLOAT", "DOUBLE")
            samples = file.read(dtype="float64" if is_float else "int32", always_2d=True)
            wav, subtype = io.BytesIO(), _WIDENED.get(file.subtype, file.subtype)
            soundfile.write(wav, samples, file.samplerate, format="WAV", subtype=subtype)
    except soundfile.LibsndfileError:
        raise MalformedBodyError("The AIFF cannot be read: it is damaged; export it again.") from None
    return wav.getvalue()
