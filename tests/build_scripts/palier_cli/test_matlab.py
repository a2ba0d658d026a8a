from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io

from build_scripts.palier_cli.matlab import read_mat
from functions.core.errors import MalformedBodyError, SignalShapeError
from tests.support.recordings import tone

DE, FE = tone(0.5), tone(-0.5)
HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Nov 23 00:00:00 2026 HDF5 schema 1.00 ."


def write_level5(path: Path, variables: Mapping[str, Any]) -> None:
    scipy.io.savemat(path, dict(variables), do_compression=path.stem.startswith("packed"))


def write_hdf5(path: Path, variables: Mapping[str, Any]) -> None:
    """As MATLAB writes it: a text header in front, every array with its axes reversed."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            file[name] = np.atleast_2d(value).T
    with path.open("r+b") as raw:
        raw.write(HEADER.ljust(116) + bytes(8) + b"\x00\x02IM")


WRITERS = [write_level5, write_hdf5]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("column", [True, False])
def test_a_vector_is_one_channel(tmp_path: Path, write: Any, column: bool) -> None:
    write(tmp_path / "a.mat", {"x": DE[:, np.newaxis] if column else DE[np.newaxis], "rpm": 1774.0})
    recording = read_mat(tmp_path / "a.mat")
    np.testing.assert_array_equal(recording.samples, DE[np.newaxis])
    assert recording.samples.dtype == np.float32
    assert recording.samples.flags.c_contiguous
    assert (recording.sample_rate_hz, tuple(recording.channel_names)) == (None, ())


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    write_level5(tmp_path / "packed.mat", {"x": DE})
    np.testing.assert_array_equal(read_mat(tmp_path / "packed.mat").samples, DE[np.newaxis])


@pytest.mark.parametrize("write", WRITERS)
def test_equally_long_vectors_are_channels_of_their_names(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {"X170_DE_time": DE[:, np.newaxis], "X170_FE_time": FE[:, np.newaxis], "X170RPM": 1774})
    recording = read_mat(tmp_path / "a.mat")
    assert recording.channel_names == ("X170_DE_time", "X170_FE_time")
    np.testing.assert_array_equal(recording.samples, [DE, FE])


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("shape", ["tall", "wide"])
def test_a_matrix_holds_channels_along_its_short_side(tmp_path: Path, write: Any, shape: str) -> None:
    matrix = np.stack([DE, FE])
    write(tmp_path / "a.mat", {"x": matrix.T if shape == "tall" else matrix})
    np.testing.assert_array_equal(read_mat(tmp_path / "a.mat").samples, matrix)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("name", ["fs", "Fs", "sample_rate", "SamplingRate", "sampling_rate", "fs_Hz"])
def test_a_scalar_named_like_a_rate_is_the_rate(tmp_path: Path, write: Any, name: str) -> None:
    write(tmp_path / "a.mat", {"x": DE, name: 12000})
    expected = None if name == "SamplingRate" else 12000
    assert read_mat(tmp_path / "a.mat").sample_rate_hz == expected


@pytest.mark.parametrize("write", WRITERS)
def test_a_variable_is_chosen_by_name(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {"short": DE[:512], "long": FE})
    recording = read_mat(tmp_path / "a.mat", "short")
    np.testing.assert_array_equal(recording.samples, DE[np.newaxis, :512])
    with pytest.raises(SignalShapeError, match=r"short \(512 samples\)") as refusal:
        read_mat(tmp_path / "a.mat")
    assert "long (2048 samples)" in refusal.value.message
    assert refusal.value.field == "variable"


@pytest.mark.parametrize("write", WRITERS)
def test_a_variable_that_is_not_there_is_refused(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {"x": DE, "rpm": 1774})
    for name in ("y", "rpm"):
        with pytest.raises(SignalShapeError, match=rf"no signal '{name}'; there are x \(2048 samples\)"):
            read_mat(tmp_path / "a.mat", name)


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_without_a_long_vector_is_refused(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {"x": DE[:255], "square": np.ones((300, 300))})
    with pytest.raises(SignalShapeError, match="no vector of 256 samples or more"):
        read_mat(tmp_path / "a.mat")


def test_what_is_no_array_is_overlooked(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"x": DE, "note": "a text", "nested": {"y": FE}, "z": DE * 1j})
    np.testing.assert_array_equal(read_mat(tmp_path / "a.mat").samples, DE[np.newaxis])
    with h5py.File(tmp_path / "b.mat", "w") as file:
        file["x"], file["note"], file["group/y"] = DE[:, np.newaxis], "a text", FE
    np.testing.assert_array_equal(read_mat(tmp_path / "b.mat").samples, DE[np.newaxis])


@pytest.mark.parametrize(
    "content", [b"", b"not MATLAB", bytes(1000), b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"]
)
def test_what_is_no_matlab_file_is_malformed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises((MalformedBodyError, SignalShapeError)):
        read_mat(tmp_path / "a.mat")


@pytest.mark.parametrize("name", ["plain", "packed"])
@pytest.mark.parametrize("keep", [140, 1000, 5000])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, name: str, keep: int) -> None:
    path = tmp_path / f"{name}.mat"
    write_level5(path, {"x": np.random.default_rng(1).normal(size=2048)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises((MalformedBodyError, OSError)):
        read_mat(path)


def test_a_cut_hdf5_file_cannot_be_opened(tmp_path: Path) -> None:
    write_hdf5(tmp_path / "a.mat", {"x": DE})
    (tmp_path / "a.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:2000])
    with pytest.raises(OSError, match="truncated file"):
        read_mat(tmp_path / "a.mat")
