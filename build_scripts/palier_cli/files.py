"""Recordings as users have them on disk."""

from collections.abc import Callable
from pathlib import Path

from build_scripts.palier_cli.arguments import read_bytes
from build_scripts.palier_cli.matlab.reader import read_mat
from build_scripts.palier_cli.matlab.signals import MOST_CHANNELS
from functions.core.decoding import NPY, RAW, decode_file
from functions.core.errors import SignalShapeError, UnsupportedMediaTypeError
from functions.core.models.options import SampleFormat
from functions.core.preprocessing.signal import Recording

_CSV, _WAV = "text/csv", "audio/wav"
KINDS = {
    ".csv": _CSV,
    ".tsv": _CSV,
    ".txt": _CSV,
    ".wav": _WAV,
    ".npy": NPY,
    ".bin": RAW,
    ".raw": RAW,
    ".f32": RAW,
    ".dat": RAW,
}

ReadMat = Callable[[Path, str | None], Recording]


def read_recording(
    path: Path,
    variable: str | None = None,
    full_scale: float = 1.0,
    sample_format: SampleFormat = "float32",
    *,
    read_mat: ReadMat = read_mat,
) -> Recording:
    """Read a recording; the file's ending says what it is.

    Args:
        path: .csv, .tsv, .txt, .wav, .npy, .mat, or raw little-endian samples (.bin, .raw, .f32, .dat).
        variable: for .mat, the variable; default its only long vectors.
        full_scale: for .wav or raw samples of integers, the value of a sample at full scale.
        sample_format: what raw samples are, `float32` or `int16`.
        read_mat: reads .mat; where there are several, that of one MatlabReader for all of them.

    Raises:
        OSError: the file cannot be read.
        PalierError: its content cannot.
    """
    suffix = path.suffix.lower()
    if suffix == ".mat":
        return read_mat(path, variable)
    if suffix not in KINDS:
        known = ", ".join(sorted([*KINDS, ".mat"]))
        raise UnsupportedMediaTypeError(f"Files ending in {suffix or 'nothing'!r} are not known; known are {known}.")
    return _checked(decode_file(read_bytes(path), KINDS[suffix], full_scale, sample_format))


def _checked(recording: Recording) -> Recording:
    """Return a recording that has samples, of as many channels as a machine may have."""
    channels, samples = recording.samples.shape
    if not recording.samples.size:
        raise SignalShapeError(f"The file has {channels} channels of {samples} samples: there is nothing to diagnose.")
    if channels > MOST_CHANNELS:
        raise SignalShapeError(
            f"The file has {channels} channels, and at most {MOST_CHANNELS} are read; samples lie along the last axis "
            "of a .npy and down the columns of a .csv."
        )
    return recording
