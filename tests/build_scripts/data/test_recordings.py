from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from build_scripts.data.labelled import read_labelled
from build_scripts.data.recordings import ARRAYS, Recordings, joined, read_recordings
from build_scripts.data.records import RecordSet, write_records
from build_scripts.errors import DataError


def content(**changes: Any) -> dict[str, Any]:
    """The arrays of a good file of two recordings, with some replaced; None leaves one out."""
    arrays: dict[str, Any] = {
        "names": np.array(["IR_load0", "Normal_load1"]),
        "sig_IR_load0": np.arange(10, dtype=np.float32),
        "sig_Normal_load1": np.arange(7, dtype=np.float32) / 2,
        "label": np.array([1, 0]),
        "load_hp": np.array([0, 1]),
        "file_id": np.array([105, 98]),
        "classes": np.array(["Normal", "IR"]),
        "fs": np.int64(12000),
    }
    return {name: value for name, value in (arrays | changes).items() if value is not None}


def saved(path: Path, arrays: dict[str, Any]) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    return read_recordings(saved(tmp_path / "good.npz", content()))


def test_recordings_of_unequal_length_are_read_in_order(recordings: Recordings) -> None:
    assert [len(signal) for signal in recordings.signals] == [10, 7]
    assert {signal.dtype for signal in recordings.signals} == {np.dtype(np.float32)}
    assert recordings.label.tolist() == [1, 0]
    assert (recordings.shortest, recordings.sample_rate_hz, recordings.class_names) == (7, 12000.0, ("Normal", "IR"))


def test_windows_are_cut_as_the_server_cuts_them(recordings: Recordings) -> None:
    windows = recordings.windows(1, 4)
    assert windows.shape == (2, 1, 4)
    assert windows[1, 0].tolist() == [1.5, 2.0, 2.5, 3.0]


def test_random_windows_are_pieces_of_their_recordings(recordings: Recordings) -> None:
    windows = recordings.random_windows(np.array([0, 1, 1]), 3, np.random.default_rng(0))
    assert windows.shape == (3, 1, 3)
    assert windows.dtype == np.float32
    for window, step in zip(windows, (1, 0.5, 0.5), strict=True):
        assert np.diff(window[0]).tolist() == [step, step]


def test_noise_is_a_share_of_the_window(recordings: Recordings) -> None:
    rng = np.random.default_rng(0)
    signal = rng.standard_normal(4000).astype(np.float32)
    noisy = replace(recordings.rearranged([(0, signal)]), noise=0.5)
    windows = noisy.random_windows(np.zeros(50, np.int64), 4000, rng)
    level = (windows[:, 0] - noisy.signals[0]).std(axis=1)
    assert 0.4 < level.max() <= 0.53
    assert level.min() < 0.1


def test_colour_changes_the_shape_but_keeps_the_window(recordings: Recordings) -> None:
    rng = np.random.default_rng(0)
    signal = rng.standard_normal(4000).astype(np.float32)
    coloured = replace(recordings.rearranged([(0, signal)]), colour=0.1).random_windows(
        np.zeros(2, np.int64), 4000, rng
    )
    assert coloured.shape == (2, 1, 4000)
    assert 0.7 < np.corrcoef(coloured[0, 0], signal)[0, 1] < 0.999
    assert not np.array_equal(coloured[0], coloured[1])


def test_a_subset_keeps_what_belongs_together(recordings: Recordings) -> None:
    subset = recordings.subset(recordings.load_hp == 1)
    assert (len(subset), subset.label.tolist(), subset.file_id.tolist()) == (1, [0], [98])
    with pytest.raises(DataError, match="No recording is left"):
        recordings.subset(recordings.load_hp == 3)


def test_files_are_joined_if_they_are_alike(tmp_path: Path, recordings: Recordings) -> None:
    assert joined([recordings, recordings]).label.tolist() == [1, 0, 1, 0]
    other = read_recordings(saved(tmp_path / "other.npz", content(fs=np.int64(48000))))
    with pytest.raises(DataError, match="same classes and sample rate"):
        joined([recordings, other])


@pytest.mark.parametrize("name", [*ARRAYS, "sig_IR_load0"])
def test_a_missing_array_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=f"lacks the arrays {name}"):
        read_recordings(saved(tmp_path / "bad.npz", content(**{name: None})))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": np.array([0])}, r"label has shape \[1\] for 2 records"),
        ({"label": np.array([0, 2])}, "label 2 has no name among 2"),
        ({"load_hp": np.array([0])}, r"load_hp is int64 \[1\]; 2 recordings need whole numbers \[2\]"),
        ({"file_id": np.array(["a", "b"])}, r"file_id is <U1 \[2\]; 2 recordings need whole numbers"),
        ({"fs": np.array([12000, 12000])}, "fs must be one number above 0, in Hz"),
        ({"sig_IR_load0": np.zeros((2, 5))}, r"sig_IR_load0 is float64 \[2, 5\]; a signal is one row of numbers"),
        ({"sig_IR_load0": np.array(["a"])}, r"sig_IR_load0 is <U1 \[1\]; a signal is one row of numbers"),
        ({"sig_IR_load0": np.array([0.0, np.nan])}, "sig_IR_load0 holds NaN or infinity, first at sample 1"),
        ({"sig_IR_load0": np.array([1e300])}, "sig_IR_load0 holds NaN or infinity, first at sample 0"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_recordings(saved(tmp_path / "bad.npz", content(**changes)))


def test_either_form_is_recognized_by_its_arrays(tmp_path: Path, records: RecordSet) -> None:
    assert isinstance(read_labelled(saved(tmp_path / "recordings.npz", content())), Recordings)
    assert isinstance(read_labelled(write_records(records, tmp_path / "records.npz")), RecordSet)


@pytest.mark.parametrize("read", [read_recordings, read_labelled])
def test_other_files_are_refused(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(b"not a zip file")
    with pytest.raises(DataError, match="not a readable"):
        read(path)
