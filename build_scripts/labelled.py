"""Labelled records of either form on disk, told apart by their arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from build_scripts.errors import DataError
from build_scripts.recordings import read_recordings
from build_scripts.records import LabelledRecords, read_records


def read_labelled(path: Path) -> LabelledRecords:
    """Read an .npz file of the form of data/journal-bearing (`q`) or of data/cwru (`names`, `sig_NAME`).

    Raises:
        DataError: the file is of neither form.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            of_recordings = "names" in archive and "q" not in archive
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is not a readable .npz file: {error}") from error
    return read_recordings(path) if of_recordings else read_records(path)
