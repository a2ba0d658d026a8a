"""Recordings as users have them on disk."""

from collections.abc import Callable
from pathlib import Path

from build_scripts.palier_cli.arguments import read_bytes
from build_scripts.palier_cli.matlab.reader import read_mat
from functions.core.decoding.formats import FORMATS, MATLAB, SERVED_FORMATS, decode_file
from functions.core.errors import UnsupportedMediaTypeError
from functions.core.models.options import DiagnosisOptions
from functions.core.preprocessing.signal import Recording

# What the service decodes is decoded as there; a MATLAB file is read here and sent as another format.
MEDIA_TYPES = {ending: one.media_type for one in SERVED_FORMATS for ending in one.endings}
KNOWN_ENDINGS = ", ".join(sorted(ending for one in FORMATS for ending in one.endings))
KNOWN_FORMATS = ", ".join(sorted(one.label for one in FORMATS))

_DEFAULTS = DiagnosisOptions()
ReadMat = Callable[[Path, str | None], Recording]


def read_recording(
    path: Path,
    variable: str | None = None,
    options: DiagnosisOptions = _DEFAULTS,
    *,
    read_mat: ReadMat = read_mat,
) -> Recording:
    """Read a recording; the file's ending says what it is.

    Args:
        path: of one of the endings of the table of formats.
        variable: for .mat, the variable; default its only long vectors.
        options: of the diagnosis, some of which tell how to read the file.
        read_mat: reads .mat; where there are several, that of one MatlabReader for all of them.

    Raises:
        OSError: the file cannot be read.
        PalierError: its content cannot.
    """
    suffix = path.suffix.lower()
    if suffix in MATLAB.endings:
        return read_mat(path, variable)
    if suffix not in MEDIA_TYPES:
        raise UnsupportedMediaTypeError(
            f"Files ending in {suffix or 'nothing'!r} are not known; known are {KNOWN_ENDINGS}."
        )
    return decode_file(read_bytes(path), MEDIA_TYPES[suffix], options)
