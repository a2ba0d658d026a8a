import zipfile
from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.labelled import read_labelled
from build_scripts.data.npz import read_arrays
from build_scripts.errors import DataError


def test_arrays_are_read_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=np.arange(3), two=np.array(["a"]))
    assert sorted(read_arrays(tmp_path / "a.npz")) == ["one", "two"]


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04broken", b"\x93NUMPY\x01\x00v\x00{'descr"])
def test_a_file_that_is_no_npz_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npz is not a readable \.npz file"):
        read_labelled(tmp_path / "a.npz")


def test_a_missing_file_is_reported_as_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.npz is not there"):
        read_labelled(tmp_path / "none.npz")


def test_a_single_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"holds one array without a name; np\.savez writes"):
        read_labelled(tmp_path / "a.npy")


def test_records_of_unequal_length_are_refused_with_the_cast(tmp_path: Path) -> None:
    ragged = np.empty(2, object)
    ragged[0], ragged[1] = np.zeros(3), np.zeros(4)
    np.savez(tmp_path / "a.npz", signals=ragged)
    with pytest.raises(DataError, match=r"signals is an array of Python objects, .* save np\.stack\(signals\)"):
        read_labelled(tmp_path / "a.npz")


def test_names_as_python_objects_are_refused_with_the_cast(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", signals=np.zeros((2, 8)), class_names=np.array(["a", "b"], object))
    with pytest.raises(DataError, match=r"class_names is an array of Python objects: .*, class_names\.astype\(str\)\."):
        read_labelled(tmp_path / "a.npz")


def test_a_broken_array_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", signals=np.zeros((3, 400)))
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(DataError, match="signals cannot be read; the file is broken"):
        read_labelled(tmp_path / "a.npz")


def test_what_is_no_array_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("signals", b"text")
    with pytest.raises(DataError, match="signals is not an array of numpy"):
        read_labelled(tmp_path / "a.npz")
