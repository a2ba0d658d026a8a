"""Damaged files: a sentence for each, and nothing that ends but the fork that read it. The seed is fixed."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io

from build_scripts.palier_cli.readers.kinds import Kind
from build_scripts.palier_cli.readers.reader import FileReader
from functions.core.errors import MalformedBodyError, RecordingTooLargeError, SampleRateError, SignalShapeError
from tests.support.instruments import write_lvm, write_mdf, write_tdms, write_uff

CASES = 60
VARIABLES: dict[str, Any] = {"x": np.arange(300.0) ** 2, "fs": 100.0}
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


def write_nested(path: Path) -> None:
    scipy.io.savemat(path, {"bearing": {"gs": VARIABLES["x"], "cell": np.array([{"sr": 100.0}], dtype=object)}})


def write_npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **VARIABLES)


def write_waveform(path: Path) -> None:
    write_tdms(path, {"x": VARIABLES["x"]}, wf_increment=0.01)


def write_rated(write: Callable[[Path, dict[str, Any], float], None]) -> Callable[[Path], None]:
    return lambda path: write(path, {"x": VARIABLES["x"]}, 100)


WRITERS: dict[str, tuple[Kind, Callable[[Path], None]]] = {
    "plain": ("matlab", write_plain),
    "packed": ("matlab", write_packed),
    "nested": ("matlab", write_nested),
    "hdf5": ("hdf5", write_hdf5),
    "npz": ("npz", write_npz),
    "tdms": ("tdms", write_waveform),
    "uff": ("uff", write_rated(write_uff)),
    "lvm": ("lvm", write_rated(write_lvm)),
    "mdf": ("mdf", write_rated(write_mdf)),
}


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


@pytest.mark.parametrize("name", WRITERS)
def test_a_damaged_file_gets_a_recording_or_a_sentence(tmp_path: Path, name: str) -> None:
    path, chance = tmp_path / "a", random.Random(20)
    kind, write = WRITERS[name]
    write(path)
    content = path.read_bytes()
    read, sentences = 0, []
    with FileReader() as reader:
        for _ in range(CASES):
            path.write_bytes(damaged(content, chance))
            try:
                samples = reader.read(path, kind).samples
            except (MalformedBodyError, RecordingTooLargeError, SampleRateError, SignalShapeError) as error:
                sentences.append(error.message)
            else:
                read += 1
                assert samples.dtype == np.float32
                assert 1 <= samples.shape[0] <= samples.shape[1]
        path.write_bytes(content)
        np.testing.assert_allclose(reader.read(path, kind).samples, [VARIABLES["x"]], rtol=1e-5)
    assert read >= 5
    assert len(sentences) >= 5
    assert all(one.endswith(".") and one.isprintable() for one in sentences)
