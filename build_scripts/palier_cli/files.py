"""Recordings as users have them on disk."""

from pathlib import Path

from build_scripts.palier_cli.matlab import read_mat
from functions.core.decoding import NPY, RAW, decode_file
from functions.core.errors import UnsupportedMediaTypeError
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


def read_recording(
    path: Path, variable: str | None = None, full_scale: float = 1.0, sample_format: SampleFormat = "float32"
) -> Recording:
    """Read a recording; the file's ending says what it is.

    Args:
        path: .csv, .tsv, .txt, .wav, .npy, .mat, or raw little-endian samples (.bin, .raw, .f32, .dat).
        variable: for .mat, the variable; default its only long vectors.
        full_scale: for .wav or raw samples of integers, the value of a sample at full scale.
        sample_format: what raw samples are, `float32` or `int16`.

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
    return decode_file(path.read_bytes(), KINDS[suffix], full_scale, sample_format)
