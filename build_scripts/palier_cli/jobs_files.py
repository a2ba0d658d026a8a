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

from build_scripts.palier_cli.files.recordings import FileChoice, Read, SentFile, open_file
from build_scripts.palier_cli.readers.reader import FileReader
from functions.core.decoding.formats import NPY
from functions.core.errors import PalierError
from functions.core.preprocessing.signal import Recording

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


def as_uploads(paths: Sequence[Path], choice: FileChoice = FileChoice()) -> list[Upload]:  # noqa: B008 - frozen
    """Return files as uploads, in order; what the service does not decode is sent as .npy, with the rate it states.

    Args:
        paths: of files of any format that is read.
        choice: what the caller states about them.

    Raises:
        UnreadableFileError: one is not there, or cannot be read, or is of no known kind.
    """
    with FileReader() as reader:
        return [_upload(path, name, choice, reader.read) for path, name in zip(paths, _names(paths), strict=True)]


def idempotency_key(submission: dict[str, Any], uploads: Sequence[Upload]) -> str:
    """Return a key that is the same for the same submission of the same files, and for no other."""
    digest = hashlib.sha256(json.dumps(submission, sort_keys=True).encode())
    for upload in uploads:
        digest.update(hashlib.sha256(upload.read()).digest())
    return f"palier-{digest.hexdigest()[:40]}"


def _upload(path: Path, name: str, choice: FileChoice, read: Read) -> Upload:
    opened = _reading(path, lambda: open_file(path, choice, read=read))
    if isinstance(opened, SentFile):
        return Upload({"name": name, "content_type": opened.media_type}, lambda: _reading(path, opened.read))
    return _converted(name, opened)


def _converted(name: str, recording: Recording) -> Upload:
    file = io.BytesIO()
    np.save(file, recording.samples)
    stated = {"sample_rate_hz": recording.sample_rate_hz, "shaft_speed_rpm": recording.shaft_speed_rpm}
    known = {option: value for option, value in stated.items() if value is not None}
    return Upload({"name": name, "content_type": NPY} | known, file.getvalue)


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
