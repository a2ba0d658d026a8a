"""Recordings as users have them on disk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, get_args

from build_scripts.palier_cli.arguments import open_regular, read_bytes
from build_scripts.palier_cli.files.aiff import aiff_as_wav
from build_scripts.palier_cli.files.contents import content_of
from build_scripts.palier_cli.files.json_table import json_as_csv
from build_scripts.palier_cli.readers.kinds import HEAD_BYTES, Kind, kind_of
from build_scripts.palier_cli.readers.reader import read_file
from functions.core.decoding.foreign import recognize
from functions.core.decoding.formats import (
    AIFF,
    ANY_DATA,
    CSV,
    FORMATS,
    JSON_FILE,
    MATLAB,
    WAV,
    Format,
    ServedFormat,
    advice_on,
    decode_file,
)
from functions.core.decoding.text.octave import OCTAVE_MARK
from functions.core.errors import MalformedBodyError, UnsupportedMediaTypeError
from functions.core.models.options import DiagnosisOptions
from functions.core.preprocessing.signal import Recording

KNOWN_FORMATS = ", ".join(sorted((one.label for one in FORMATS), key=str.lower))
# Values of `--format`: endings without the dot.
FORMAT_WORDS = tuple(sorted(ending.removeprefix(".") for one in FORMATS for ending in one.endings))
_BY_ENDING: Mapping[str, Format] = {ending: one for one in FORMATS for ending in one.endings}
_BY_NAME: Mapping[str, Format] = {one.name: one for one in FORMATS}
_KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}
# Text and raw samples have no first bytes of their own, so that another format's decide against such an ending.
_WITHOUT_MAGIC = frozenset({"delimited", "raw"})
_DEFAULTS = DiagnosisOptions()


class Read(Protocol):
    """Reads a file in another process, as `FileReader.read`."""

    def __call__(self, path: Path, kind: Kind, variable: str | None, *, is_rate_given: bool) -> Recording:
        """Return the recording of a file."""


@dataclass(frozen=True)
class FileChoice:
    """Options of a caller about files.

    Attributes:
        word: a file is read as if its name ended so, without the dot; None: as its name ends, or as its content is.
        variable: the signal, in files that name several.
        is_rate_given: whether the sample rate is stated; then several in a file are no fault.
    """

    word: str | None = None
    variable: str | None = None
    is_rate_given: bool = False


@dataclass(frozen=True)
class SentFile:
    """A file whose bytes the service decodes: their media type, and how they are had."""

    media_type: str
    read: Callable[[], bytes]


def read_recording(
    path: Path,
    choice: FileChoice = FileChoice(),
    options: DiagnosisOptions = _DEFAULTS,
    *,
    read: Read = read_file,
) -> Recording:
    """Read a recording.

    Args:
        path: of the file.
        choice: what the caller states about it.
        options: of the diagnosis, some of which decide how the file is read.
        read: reads files in another process; where there are several, that of one FileReader for all of them.

    Raises:
        OSError: the file cannot be read.
        PalierError: its content cannot.
    """
    opened = open_file(path, choice, read=read)
    if isinstance(opened, SentFile):
        return decode_file(opened.read(), opened.media_type, options)
    return opened


def open_file(path: Path, choice: FileChoice, *, read: Read = read_file) -> Recording | SentFile:
    """Return what a file holds if it is read here, else how its bytes are sent.

    Raises:
        OSError: the file cannot be read.
        PalierError: it is of no known format, or its content cannot be read.
    """
    found = _format(path, choice)
    if isinstance(found, ServedFormat):
        return SentFile(found.media_type, lambda: read_bytes(path))
    if found is AIFF:
        return SentFile(WAV, lambda: aiff_as_wav(read_bytes(path)))
    if found is JSON_FILE:
        return SentFile(CSV, lambda: json_as_csv(read_bytes(path)))
    return read(path, _KINDS[found.name], choice.variable, is_rate_given=choice.is_rate_given)


def _format(path: Path, choice: FileChoice) -> Format:
    if choice.word is not None:
        return _BY_ENDING[f".{choice.word}"]
    named = _BY_ENDING.get(path.suffix.lower())
    if named is not None and named.name not in _WITHOUT_MAGIC and named is not MATLAB:
        return named
    with open_regular(path) as file:
        head = file.read(HEAD_BYTES)
    if named is MATLAB:
        # Octave writes text under this ending, too.
        return _BY_NAME["delimited"] if head.startswith(OCTAVE_MARK.encode()) else MATLAB
    if named is not None:
        return _unless_shown(named, path, head)
    name = content_of(head)
    if name is None:
        raise UnsupportedMediaTypeError(
            f"{path.name[:80]!r} ends in nothing known, and its content shows no format: state it with --format."
        )
    if name not in _BY_NAME:
        raise UnsupportedMediaTypeError(f"The content of {path.name[:80]!r} is {name}: {advice_on(name)}.")
    return _BY_NAME[name]


def _unless_shown(named: Format, path: Path, head: bytes) -> Format:
    """Return the format of a file whose ending is that of text or raw samples, unless its first bytes show another.

    Raises:
        MalformedBodyError: it is called raw samples and is none, and no file of an instrument.
    """
    # What is read nowhere is refused by the decoder, which names it; it does not doubt text in a few bytes.
    instrument = kind_of(head)
    shown = instrument or recognize(head)
    found = named if shown is None else _BY_NAME.get(str(content_of(head)), named)
    if named.name == "raw" and found is not named and instrument is None and path.suffix.lower() != ANY_DATA:
        raise MalformedBodyError(
            f"{path.name[:80]!r} is called raw samples and begins as {shown}: state"
            f" --format {found.endings[0].removeprefix('.')} if it is that.",
            field="signal",
        )
    return found
