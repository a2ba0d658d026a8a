import os
import signal
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import h5py
import numpy as np
import pytest
import scipy.io

from build_scripts.palier_cli.readers.reader import FileReader, ReadingEndedError
from functions.core.errors import MalformedBodyError, RecordingTooLargeError, SampleRateError, SignalShapeError
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


@pytest.fixture(scope="module")
def reader() -> Iterator[FileReader]:
    with FileReader() as one:
        yield one


WRITERS = [write_level5, write_hdf5]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("column", [True, False])
def test_a_vector_is_one_channel(reader: FileReader, tmp_path: Path, write: Any, column: bool) -> None:
    write(tmp_path / "a.mat", {"x": DE[:, np.newaxis] if column else DE[np.newaxis], "rpm": 1774.0})
    recording = reader.read(tmp_path / "a.mat", "matlab")
    np.testing.assert_array_equal(recording.samples, DE[np.newaxis])
    assert recording.samples.dtype == np.float32
    assert recording.samples.flags.c_contiguous
    assert (recording.sample_rate_hz, tuple(recording.channel_names)) == (None, ("x",))


def test_a_compressed_file_is_read(reader: FileReader, tmp_path: Path) -> None:
    write_level5(tmp_path / "packed.mat", {"x": DE})
    np.testing.assert_array_equal(reader.read(tmp_path / "packed.mat", "matlab").samples, DE[np.newaxis])


@pytest.mark.parametrize("write", WRITERS)
def test_equally_long_vectors_are_channels_of_their_names(reader: FileReader, tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {"X170_DE_time": DE[:, np.newaxis], "X170_FE_time": FE[:, np.newaxis], "X170RPM": 1774})
    recording = reader.read(tmp_path / "a.mat", "matlab")
    assert recording.channel_names == ("X170_DE_time", "X170_FE_time")
    np.testing.assert_array_equal(recording.samples, [DE, FE])


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("shape", ["tall", "wide"])
def test_a_matrix_holds_channels_along_its_short_side(
    reader: FileReader, tmp_path: Path, write: Any, shape: str
) -> None:
    matrix = np.stack([DE, FE])
    write(tmp_path / "a.mat", {"x": matrix.T if shape == "tall" else matrix})
    np.testing.assert_array_equal(reader.read(tmp_path / "a.mat", "matlab").samples, matrix)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("name", ["fs", "Fs", "sample_rate", "SamplingRate", "sampling_rate", "fs_Hz"])
def test_a_scalar_named_like_a_rate_is_the_rate(reader: FileReader, tmp_path: Path, write: Any, name: str) -> None:
    write(tmp_path / "a.mat", {"x": DE, name: 12000})
    assert reader.read(tmp_path / "a.mat", "matlab").sample_rate_hz == 12000


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("rate", [np.nan, np.inf])
def test_a_rate_that_is_no_number_is_refused(reader: FileReader, tmp_path: Path, write: Any, rate: float) -> None:
    write(tmp_path / "a.mat", {"x": DE, "fs": rate})
    with pytest.raises(SampleRateError, match=f"The file's sample rate is {rate} Hz"):
        reader.read(tmp_path / "a.mat", "matlab")


@pytest.mark.parametrize("write", WRITERS)
def test_a_variable_is_chosen_by_name(reader: FileReader, tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {"short": DE[:512], "long": FE})
    recording = reader.read(tmp_path / "a.mat", "matlab", "short")
    np.testing.assert_array_equal(recording.samples, DE[np.newaxis, :512])
    with pytest.raises(SignalShapeError, match=r"short \(512 samples\)") as refusal:
        reader.read(tmp_path / "a.mat", "matlab")
    assert "long (2048 samples)" in refusal.value.message
    assert refusal.value.field == "variable"


@pytest.mark.parametrize("write", WRITERS)
def test_a_variable_that_is_not_there_is_refused(reader: FileReader, tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {"x": DE, "rpm": 1774})
    for name in ("y", "rpm"):
        with pytest.raises(SignalShapeError, match=rf"no signal '{name}'; there are x \(2048 samples\)"):
            reader.read(tmp_path / "a.mat", "matlab", name)


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_without_a_long_vector_is_refused(reader: FileReader, tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {"x": DE[:255], "large": np.ones((1025, 1025))})
    with pytest.raises(SignalShapeError, match=r"^The file has no vector of 256 samples or more\.$"):
        reader.read(tmp_path / "a.mat", "matlab")


@pytest.mark.parametrize("write", WRITERS)
def test_a_matrix_of_many_rows_is_read_by_its_name_alone(reader: FileReader, tmp_path: Path, write: Any) -> None:
    """A data set of hundreds of recordings, one a column."""
    matrix = np.arange(1000.0 * 300).reshape(1000, 300)
    write(tmp_path / "a.mat", {"table": matrix})
    with pytest.raises(SignalShapeError, match=r"by their name alone: there are table \(300 x 1000 samples\)\.$"):
        reader.read(tmp_path / "a.mat", "matlab")
    np.testing.assert_array_equal(reader.read(tmp_path / "a.mat", "matlab", "table").samples, matrix.T)


def test_what_is_no_array_is_overlooked(reader: FileReader, tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"x": DE, "note": "a text", "z": DE * 1j})
    np.testing.assert_array_equal(reader.read(tmp_path / "a.mat", "matlab").samples, DE[np.newaxis])
    with h5py.File(tmp_path / "b.mat", "w") as file:
        file["x"], file["note"] = DE[:, np.newaxis], "a text"
    np.testing.assert_array_equal(reader.read(tmp_path / "b.mat", "matlab").samples, DE[np.newaxis])


@pytest.mark.parametrize(
    "content", [b"", b"not MATLAB", bytes(1000), b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"]
)
def test_what_is_no_matlab_file_is_malformed(reader: FileReader, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises((MalformedBodyError, SignalShapeError)):
        reader.read(tmp_path / "a.mat", "matlab")


@pytest.mark.parametrize("name", ["plain", "packed"])
@pytest.mark.parametrize("keep", [140, 1000, 5000])
def test_a_file_that_was_cut_short_is_refused(reader: FileReader, tmp_path: Path, name: str, keep: int) -> None:
    path = tmp_path / f"{name}.mat"
    write_level5(path, {"x": np.random.default_rng(1).normal(size=2048)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(MalformedBodyError):
        reader.read(path, "matlab")


def test_the_fields_of_a_table_of_records_are_its_variables(reader: FileReader, tmp_path: Path) -> None:
    kinds = [("time", "f8"), ("acc", "f4"), ("state", "S4")]
    records = np.array([(k / 2048, value, b"good") for k, value in enumerate(DE)], kinds)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["run/table"] = records
    recording = reader.read(tmp_path / "a.h5", "hdf5")
    np.testing.assert_array_equal(recording.samples, DE[np.newaxis])
    assert recording.sample_rate_hz == 2048
    np.testing.assert_array_equal(reader.read(tmp_path / "a.h5", "hdf5", "acc").samples, DE[np.newaxis])


def test_a_cut_hdf5_file_is_refused(reader: FileReader, tmp_path: Path) -> None:
    write_hdf5(tmp_path / "a.mat", {"x": DE})
    (tmp_path / "a.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:2000])
    with pytest.raises(
        MalformedBodyError,
        match=r"^The file cannot be read as HDF5: it is another kind of file, or damaged; write it again\.$",
    ):
        reader.read(tmp_path / "a.mat", "matlab")


def test_a_file_that_ends_its_reader_is_refused_and_the_next_is_read(reader: FileReader, tmp_path: Path) -> None:
    """SciPy looks its element's type up in a table that has none of this number, and follows the empty entry."""
    scipy.io.savemat(tmp_path / "small.mat", {"x": np.zeros((1, 2))})
    content = bytearray((tmp_path / "small.mat").read_bytes())
    content[176] = 52
    assert len(content) == 200
    (tmp_path / "broken.mat").write_bytes(content)
    write_level5(tmp_path / "whole.mat", {"x": DE})
    reader.read(tmp_path / "whole.mat", "matlab")
    process = reader._process
    for _ in range(2):
        with pytest.raises((MalformedBodyError, SignalShapeError)):
            reader.read(tmp_path / "broken.mat", "matlab", "x")
        np.testing.assert_array_equal(reader.read(tmp_path / "whole.mat", "matlab").samples, [DE])
    assert reader._process is process
    assert process
    assert process.poll() is None


def test_a_reading_process_that_ended_is_started_anew(reader: FileReader, tmp_path: Path) -> None:
    write_level5(tmp_path / "a.mat", {"x": DE})
    reader.read(tmp_path / "a.mat", "matlab")
    assert reader._process
    reader._process.kill()
    reader._process.wait()
    with pytest.raises(ReadingEndedError, match="ended with this one"):
        reader.read(tmp_path / "a.mat", "matlab")
    np.testing.assert_array_equal(reader.read(tmp_path / "a.mat", "matlab").samples, [DE])


def test_no_process_is_started_where_there_is_no_matlab_file_and_none_is_left() -> None:
    with FileReader() as reader:
        assert reader._process is None
        with pytest.raises(FileNotFoundError):
            reader.read(Path("/nowhere/a.mat"), "matlab")
        assert reader._process is None


def test_its_end_is_the_end_of_the_process(tmp_path: Path) -> None:
    write_level5(tmp_path / "a.mat", {"x": DE})
    with FileReader() as reader:
        reader.read(tmp_path / "a.mat", "matlab")
        process = reader._process
        assert process
    assert process.returncode == -signal.SIGKILL


def test_nothing_is_imported_from_the_folder_of_the_call(
    reader: FileReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of recordings from somebody else may have a scipy.py."""
    for name in ("numpy", "scipy", "msgspec", "build_scripts"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w').close()")
    monkeypatch.chdir(tmp_path)
    write_level5(Path("a.mat"), {"x": DE})
    with FileReader() as fresh:
        np.testing.assert_array_equal(fresh.read(Path("a.mat"), "matlab").samples, [DE])
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize("chunks", [True, None], ids=["chunked", "contiguous"])
def test_an_hdf5_file_that_claims_what_it_does_not_store_is_refused(
    reader: FileReader, tmp_path: Path, chunks: bool | None
) -> None:
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file.create_dataset("x", (1, 10**12), "f8", chunks=(1, 4096) if chunks else None)
    assert (tmp_path / "a.mat").stat().st_size < 4096
    with pytest.raises(MalformedBodyError, match=r"claims 8000000000000 bytes of samples"):
        reader.read(tmp_path / "a.mat", "matlab")


def test_what_is_stored_of_each_variable_bounds_what_it_claims(reader: FileReader, tmp_path: Path) -> None:
    """Beside a megabyte of other things, so that the file's size alone would allow it."""
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["ballast/noise"] = np.random.default_rng(1).integers(0, 256, 1_000_000, np.uint8)
        file.create_dataset("x", (1, 10**8), "f8", chunks=(1, 4096))
    with pytest.raises(MalformedBodyError, match=r"claims 800000000 bytes of samples for 'x' and stores 0"):
        reader.read(tmp_path / "a.mat", "matlab")


def test_a_file_that_claims_more_than_it_can_hold_is_refused(reader: FileReader, tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"x": np.zeros((1, 300))})
    content = (tmp_path / "a.mat").read_bytes()
    dimensions = (1).to_bytes(4, "little") + (300).to_bytes(4, "little")
    assert content.count(dimensions) == 1
    (tmp_path / "a.mat").write_bytes(content.replace(dimensions, b"\1\0\0\0\0\0\0\x40"))
    with pytest.raises(MalformedBodyError, match=r"claims 8589934592 bytes of samples, more than its 2\d{3} bytes"):
        reader.read(tmp_path / "a.mat", "matlab")


@pytest.mark.skipif(sys.platform != "linux", reason="no other system keeps a limit of memory")
def test_memory_that_no_variable_accounts_for_is_refused(reader: FileReader, tmp_path: Path) -> None:
    """The name of a packed variable claims two gigabytes."""
    scipy.io.savemat(tmp_path / "a.mat", {"x": np.zeros((1, 300))})
    content = bytearray((tmp_path / "a.mat").read_bytes())
    # A small element of one byte, "x": a whole one of so many bytes is claimed instead.
    place = content.index(b"\1\0\1\0x\0\0\0")
    content[place : place + 8] = b"\1\0\0\0\xf0\xff\xff\x7f"
    packed = zlib.compress(bytes(content[128:]))
    head = (15).to_bytes(4, "little") + len(packed).to_bytes(4, "little")
    (tmp_path / "a.mat").write_bytes(bytes(content[:128]) + head + packed)
    with pytest.raises(RecordingTooLargeError, match="needs more memory than its variables account for"):
        reader.read(tmp_path / "a.mat", "matlab")


def test_what_lies_in_other_files_is_not_read(reader: FileReader, tmp_path: Path) -> None:
    other, raw = tmp_path / "other.h5", tmp_path / "raw"
    raw.write_bytes(DE.tobytes())
    with h5py.File(other, "w") as file:
        file["secret"] = DE[:, np.newaxis]
    layout = h5py.VirtualLayout((2048, 1), "f4")
    layout[:] = h5py.VirtualSource(str(other), "secret", (2048, 1))
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["linked"] = h5py.ExternalLink(str(other), "secret")
        file["soft"] = h5py.SoftLink("/linked")
        file.create_dataset("stored", (2048, 1), "f4", external=[(str(raw), 0, h5py.h5f.UNLIMITED)])
        file.create_virtual_dataset("virtual", layout)
    with h5py.File(tmp_path / "a.mat") as file:
        assert all(file[name].shape == (2048, 1) for name in ("linked", "soft", "stored", "virtual"))
    for name in (None, "linked", "soft", "stored", "virtual"):
        with pytest.raises(SignalShapeError, match=r"no vector of 256|there is none"):
            reader.read(tmp_path / "a.mat", "matlab", name)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("shape", [(0, 300), (300, 0), (0, 0)])
def test_a_length_of_zero_is_no_signal(reader: FileReader, tmp_path: Path, write: Any, shape: tuple[int, int]) -> None:
    write(tmp_path / "a.mat", {"x": np.zeros(shape)})
    with pytest.raises(SignalShapeError, match="no vector of 256 samples or more"):
        reader.read(tmp_path / "a.mat", "matlab")


@pytest.mark.parametrize("write", WRITERS)
def test_channels_are_bounded_and_few_of_them_named(reader: FileReader, tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.mat", {f"x{number}": np.zeros((64, 256), np.int8) for number in range(17)})
    with pytest.raises(SignalShapeError, match=r"has 1088 channels, and at most 1024 are read: .* and 9 more\.$"):
        reader.read(tmp_path / "a.mat", "matlab")
    assert reader.read(tmp_path / "a.mat", "matlab", "x3").samples.shape == (64, 256)


def test_a_zip_without_arrays_is_refused_with_what_to_do(reader: FileReader, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.csv", "acc\n0.1\n")
    with pytest.raises(MalformedBodyError, match="zip without an array of NumPy: unpack it"):
        reader.read(tmp_path / "a.zip", "npz", None)


def test_a_pipe_is_not_waited_for(reader: FileReader, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mat")
    with pytest.raises(OSError, match="It is a pipe or a device"):
        reader.read(tmp_path / "a.mat", "matlab")
