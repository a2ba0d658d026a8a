"""The folder of `--data-dir`: one server at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from build_scripts.local.aws.embedded.access import open_private
from functions.core.errors import PalierError


class DataFolderError(PalierError):
    """The folder cannot be used."""

    code = "data_folder"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder within a block, made for its owner alone where it is not there.

    A server that is killed holds it no longer.

    Raises:
        DataFolderError: another server holds it, or it cannot be written.
    """
    with _opened(folder, folder / "lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderError(
                f"another server uses {folder}: end it, or choose another --data-dir for this one."
            ) from None
        yield


def _opened(folder: Path, lock: Path) -> IO[str]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(open_private(lock, os.O_WRONLY | os.O_CREAT), "w")
    except OSError as error:
        raise DataFolderError(f"cannot write {lock}: {error.strerror}.") from None
