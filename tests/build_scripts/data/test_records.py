from pathlib import Path
from typing import Any

import numpy as np
import pytest

from build_scripts.data.records import ARRAYS, RecordSet, read_records, write_records
from build_scripts.errors import DataError


def content(**changes: Any) -> dict[str, Any]:
    """The arrays of a good file, with some replaced; None leaves one out."""
    arrays: dict[str, Any] = {
        "q": np.arange(20, dtype=np.int16).reshape(2, 10),
        "scale": np.float32(0.5),
        "label": np.array([0, 1]),
        "severity": np.array([0, 0]),
        "rpm": np.array([3600, 3500], np.float32),
        "sample_rate": np.float32(100),
        "class_names": np.array(["a", "b"]),
        "severity_names": np.array(["mild"]),
    }
    return {name: value for name, value in (arrays | changes).items() if value is not None}


def saved(path: Path, arrays: dict[str, Any]) -> Path:
    np.savez(path, **arrays)
    return path


def test_records_are_read_in_g(tmp_path: Path) -> None:
    records = read_records(saved(tmp_path / "good.npz", content()))
    assert len(records) == 2
    assert records.record(1).tolist() == [[5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 8.5, 9.0, 9.5]]
    assert records.record(1).dtype == np.float32
    assert records.class_names == ("a", "b")


def test_windows_are_cut_as_the_server_cuts_them(tmp_path: Path) -> None:
    windows = read_records(saved(tmp_path / "good.npz", content())).windows(0, 4)
    assert windows.shape == (3, 1, 4)
    assert windows[2, 0].tolist() == [3.0, 3.5, 4.0, 4.5]


def test_written_records_read_back_equal(tmp_path: Path, records: RecordSet) -> None:
    again = read_records(write_records(records, tmp_path / "new" / "records.npz"))
    assert np.array_equal(again.counts, records.counts)
    assert np.array_equal(again.label, records.label)
    assert (again.class_names, again.severity_names) == (records.class_names, records.severity_names)
    assert again.scale_g == pytest.approx(records.scale_g)


@pytest.mark.parametrize("name", ARRAYS)
def test_a_missing_array_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=f"lacks the arrays {name}"):
        read_records(saved(tmp_path / "bad.npz", content(**{name: None})))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"q": np.zeros((2, 10), np.float32)}, "must be int16"),
        ({"q": np.zeros(10, np.int16)}, "must be int16"),
        ({"label": np.array([0])}, r"label has shape \[1\] for 2 records"),
        ({"rpm": np.array([3600.0])}, r"rpm is float64 \[1\]; 2 records need numbers \[2\]"),
        ({"severity": np.array([0, 9])}, "severity 9 has no name among"),
        ({"scale": np.array([1.0, 2.0])}, r"scale must be one number, the g of a count, not \[2\]"),
        ({"sample_rate": np.array(0.0)}, "sample_rate must be one number above 0, in Hz"),
        ({"label": np.array([0, 2])}, "label 2 has no name among 2"),
        ({"label": np.array([0, -1])}, "label -1 has no name"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_records(saved(tmp_path / "bad.npz", content(**changes)))


@pytest.mark.parametrize("text", [b"", b"not a zip file"])
def test_other_files_are_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(text)
    with pytest.raises(DataError, match="not a readable"):
        read_records(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.npz"):
        read_records(tmp_path / "none.npz")


def test_records_of_some_classes_are_those_of_the_set(records: RecordSet) -> None:
    some = records.of_classes(("wear", "healthy"))
    assert some.label.tolist() == [0] * 4 + [6] * 4
    assert np.array_equal(some.counts, records.counts[[*range(4), *range(24, 28)]])
    assert some.class_names == records.class_names
