"""Damaged MATLAB files: a sentence for each, and nothing that ends but the fork that read it. The seed is fixed."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io

from build_scripts.palier_cli.readers.reader import FileReader
from functions.core.errors import MalformedBodyError, RecordingTooLargeError, SampleRateError, SignalShapeError

CASES = 200
VARIABLES: dict[str, Any] = {"x": np.arange(300.0), "fs": 100.0}
# What lengths and counts are overwritten with.
WORDS = (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\0\0\0\x40")


def write_plain(path: Path) -> None:
    scipy.io.savemat(path, VARIABLES | {"s": {"a": 1, "b": "text"}})


def write_packed(path: Path) -> None:
    scipy.io.savemat(path, VARIABLES, do_compression=True)


def write_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for name, value in VARIABLES.items():
            file[name] = np.atleast_2d(value).T


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, left out or overwritten; the first ones more often, since they are headers."""
    found = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 4])):
        place = chance.randrange(min(len(found), chance.choice([200, 400, len(found)])))
        kind = chance.random()
        if kind < 0.6:
            found[place] = chance.randrange(256)
        elif kind < 0.8:
            found[place] ^= 1 << chance.randrange(8)
        elif kind < 0.9:
            del found[place : place + chance.randrange(1, 9)]
        else:
            found[place : place + 4] = chance.choice(WORDS)
    return bytes(found)


@pytest.mark.parametrize("write", [write_plain, write_packed, write_hdf5], ids=lambda write: write.__name__)
def test_a_damaged_file_gets_a_recording_or_a_sentence(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path, chance = tmp_path / "a.mat", random.Random(20)
    write(path)
    content = path.read_bytes()
    read, sentences = 0, []
    with FileReader() as reader:
        for _ in range(CASES):
            path.write_bytes(damaged(content, chance))
            try:
                samples = reader.read(path, "matlab").samples
            except (MalformedBodyError, RecordingTooLargeError, SampleRateError, SignalShapeError) as error:
                sentences.append(error.message)
            else:
                read += 1
                assert samples.dtype == np.float32
                assert 1 <= samples.shape[0] <= samples.shape[1]
        path.write_bytes(content)
        np.testing.assert_array_equal(reader.read(path, "matlab").samples, [VARIABLES["x"]])
    assert read >= 20
    assert len(sentences) >= 20
    assert all(one.endswith(".") and one.isprintable() for one in sentences)
