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

from build_scripts.palier_cli.arguments import read_bytes
from build_scripts.palier_cli.files import KNOWN_ENDINGS, MEDIA_TYPES, ReadMat
from build_scripts.palier_cli.matlab.reader import MatlabReader
from functions.core.decoding.formats import MATLAB, NPY
from functions.core.errors import PalierError, UnsupportedMediaTypeError

_UNSAFE = re.compile(r"[^A-Za-z0-9 ._-]+")
_LONGEST_STEM = 100
_Read = TypeVar("_Read")


class UnreadableFileError(PalierError):
    """A file that is to be uploaded cannot be read."""

    code = "unreadable_file"


@dataclass(frozen=True)
class Upload:
    """A file of a job: what is submitted of it, and how its bytes are had when it is its turn."""

    entry: dict[str, Any]
    read: Callable[[], bytes]


def as_uploads(paths: Sequence[Path], variable: str | None = None) -> list[Upload]:
    """Return files as uploads, in order; a .mat is sent as .npy, with the sampling rate that it names.

    Args:
        paths: of the endings of the table of formats.
        variable: for .mat, the variable that holds the signal.

    Raises:
        UnreadableFileError: one is not there, or cannot be read.
        PalierError: one is of no known kind.
    """
    with MatlabReader() as matlab:
        return [_upload(path, name, variable, matlab.read) for path, name in zip(paths, _names(paths), strict=True)]


def idempotency_key(submission: dict[str, Any], uploads: Sequence[Upload]) -> str:
    """Return a key that is the same for the same submission of the same files, and for no other."""
    digest = hashlib.sha256(json.dumps(submission, sort_keys=True).encode())
    for upload in uploads:
        digest.update(hashlib.sha256(upload.read()).digest())
    return f"palier-{digest.hexdigest()[:40]}"


def _upload(path: Path, name: str, variable: str | None, read_mat: ReadMat) -> Upload:
    suffix = path.suffix.lower()
    if suffix in MATLAB.endings:
        return _converted(path, name, variable, read_mat)
    if suffix not in MEDIA_TYPES:
        raise UnsupportedMediaTypeError(
            f"{path}: files ending in {suffix or 'nothing'!r} are not known; known are {KNOWN_ENDINGS}."
        )
    return Upload({"name": name, "content_type": MEDIA_TYPES[suffix]}, lambda: _reading(path, lambda: read_bytes(path)))


def _converted(path: Path, name: str, variable: str | None, read_mat: ReadMat) -> Upload:
    recording = _reading(path, lambda: read_mat(path, variable))
    file = io.BytesIO()
    np.save(file, recording.samples)
    rate = {} if recording.sample_rate_hz is None else {"sample_rate_hz": recording.sample_rate_hz}
    return Upload({"name": name, "content_type": NPY} | rate, file.getvalue)


def _reading(path: Path, read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror}.") from None
    except PalierError as error:
        raise UnreadableFileError(f"{path}: {error.message}") from None


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
