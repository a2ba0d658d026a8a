"""Recordings on disk as the uploads of a job."""

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from build_scripts.palier_cli.diagnose import ANY_RATE, with_speed
from build_scripts.palier_cli.files.recordings import FileChoice, Read, SentFile, open_file
from build_scripts.palier_cli.readers.reader import FileReader
from functions.core.decoding.formats import NPY
from functions.core.errors import PalierError
from functions.core.models.options import ALL_CHANNELS, DiagnosisOptions
from functions.core.preprocessing.severity import unit_of
from functions.core.preprocessing.signal import Recording, channel_unit, row_of, sample_rate
from functions.core.preprocessing.units import known_unit

_DEFAULTS = DiagnosisOptions()
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._-]+")
_LONGEST_STEM = 100
_Read = TypeVar("_Read")


class UnreadableUploadError(PalierError):
    """A file that is to be uploaded cannot be read."""

    code = "unreadable_file"


@dataclass(frozen=True)
class Upload:
    """A file of a job: what is submitted of it, and how its bytes are had when it is its turn."""

    entry: dict[str, Any]
    read: Callable[[], bytes]


def as_uploads(
    paths: Sequence[Path],
    choice: FileChoice = FileChoice(),  # noqa: B008 - frozen
    options: DiagnosisOptions = _DEFAULTS,
) -> list[Upload]:
    """Return files as uploads, in order; what the service does not decode is sent as .npy, with what it states.

    Args:
        paths: of files of any format that is read.
        choice: what the caller states about them.
        options: that all of them are diagnosed with.

    Raises:
        UnreadableUploadError: one is not there, or cannot be read, or is of no known kind, or contradicts an option.
    """
    with FileReader() as reader:
        named = zip(paths, _names(paths), strict=True)
        return [_upload(path, name, choice, options, reader.read) for path, name in named]


def idempotency_key(submission: dict[str, Any], uploads: Sequence[Upload]) -> str:
    """Return a key that is the same for the same submission of the same files, and for no other."""
    digest = hashlib.sha256(json.dumps(submission, sort_keys=True).encode())
    for upload in uploads:
        digest.update(hashlib.sha256(upload.read()).digest())
    return f"palier-{digest.hexdigest()[:40]}"


def _upload(path: Path, name: str, choice: FileChoice, options: DiagnosisOptions, read: Read) -> Upload:
    opened = _reading(path, lambda: open_file(path, choice, read=read))
    if isinstance(opened, SentFile):
        return Upload({"name": name, "content_type": opened.media_type}, lambda: _reading(path, opened.read))
    return _reading(path, lambda: _converted(name, opened, options))


def _converted(name: str, recording: Recording, options: DiagnosisOptions) -> Upload:
    file = io.BytesIO()
    np.save(file, recording.samples)
    return Upload({"name": name, "content_type": NPY} | _stated(recording, options), file.getvalue)


def _stated(recording: Recording, options: DiagnosisOptions) -> dict[str, Any]:
    """Return what a file states, as options of its own; a speed that is given goes before the file's.

    Raises:
        SampleRateContradictsError, UnitContradictsError, SignalShapeError: an option is none of this file.
    """
    wanted = None if options.channel == ALL_CHANNELS else options.channel
    rate = sample_rate(options.sample_rate_hz, recording.sample_rate_hz, 0.0, ANY_RATE)
    unit = unit_of(options.unit, channel_unit(recording, wanted))
    stated = {
        "sample_rate_hz": rate.hz if rate.source == "file" else None,
        "unit": None if unit is None else known_unit(unit),
        "shaft_speed_rpm": with_speed(options, recording.shaft_speed_rpm).shaft_speed_rpm,
        # By its place: an npy has no names.
        "channel": None if wanted is None else str(row_of(wanted, recording)),
    }
    return {name: value for name, value in stated.items() if value not in (None, getattr(options, name))}


def _reading(path: Path, read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except OSError as error:
        raise UnreadableUploadError(f"{path}: {error.strerror}.") from None
    except PalierError as error:
        raise UnreadableUploadError(f"{path}: {error.message}") from None


def _names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each file that the service takes and no other file has."""
    # Kept in order. Counting goes on where it was for the same name, so that a thousand of one name are named at once.
    names: dict[str, None] = {}
    counts: dict[str, Iterator[int]] = {}
    for path in paths:
        stem = _UNSAFE.sub("-", path.stem).strip(" ._-")[:_LONGEST_STEM] or "recording"
        suffix = path.suffix.lower()
        name = f"{stem}{suffix}"
        numbers = counts.setdefault(name, count(2))
        while name in names:
            name = f"{stem}-{next(numbers)}{suffix}"
        names[name] = None
    return list(names)
