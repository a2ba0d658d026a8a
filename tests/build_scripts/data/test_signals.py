from pathlib import Path
from typing import Any

import numpy as np
import pytest

from build_scripts.data.labelled import read_labelled
from build_scripts.data.signals import SignalSet, for_conditions, signals_of
from build_scripts.errors import DataError
from functions.core.models.manifest import Condition

PATH = Path("own.npz")
GOOD: dict[str, Any] = {
    "signals": np.arange(24, dtype=np.float64).reshape(3, 2, 4),
    "label": np.array([0, 1, 1]),
    "class_names": np.array(["good", "bad"]),
    "sample_rate": np.float64(8000),
}
CONDITIONS: dict[str, Any] = {
    "conditions": np.array([[10, 1], [20, 2], [30, 3]]),
    "condition_names": np.array(["speed", "load"]),
}
LOAD = Condition(name="load", unit="kN", minimum=0, maximum=5)
TORQUE = Condition(name="torque", unit="Nm", minimum=0, maximum=9, required=False, default=7)


def test_records_of_two_channels_are_read_from_disk(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", **GOOD)
    records = read_labelled(tmp_path / "own.npz")
    assert isinstance(records, SignalSet)
    assert (len(records), records.channels, records.shortest, records.sample_rate_hz) == (3, 2, 4, 8000.0)
    assert (records.class_names, records.severity_names) == (("good", "bad"), ("all",))
    assert records.signals.dtype == np.float32
    assert np.array_equal(records.label, [0, 1, 1])


def test_windows_are_cut_as_the_server_cuts_them() -> None:
    records = signals_of(PATH, GOOD)
    np.testing.assert_array_equal(records.windows(1, 3), [[[8, 9, 10], [12, 13, 14]], [[9, 10, 11], [13, 14, 15]]])
    drawn = records.random_windows(np.array([2, 0]), 2, np.random.default_rng(0))
    assert drawn.shape == (2, 2, 2)
    assert set(np.diff(drawn, axis=2).ravel()) == {1.0}


def test_one_channel_may_be_written_without_its_dimension() -> None:
    assert signals_of(PATH, GOOD | {"signals": np.zeros((3, 9), np.float32)}).channels == 1


def test_names_of_bytes_are_names() -> None:
    assert signals_of(PATH, GOOD | {"class_names": np.array([b"good", b"bad"])}).class_names == ("good", "bad")


def test_severities_are_kept() -> None:
    graded = signals_of(PATH, GOOD | {"severity": np.array([0, 0, 1]), "severity_names": np.array(["low", "high"])})
    assert (graded.severity.tolist(), graded.severity_names) == ([0, 0, 1], ("low", "high"))


def test_conditions_of_operation_are_read_with_their_names() -> None:
    records = signals_of(PATH, GOOD | CONDITIONS)
    assert records.conditions is not None
    assert records.conditions.dtype == np.float32
    assert records.conditions.tolist() == [[10, 1], [20, 2], [30, 3]]
    assert records.condition_names == ("speed", "load")
    assert (signals_of(PATH, GOOD).conditions, signals_of(PATH, GOOD).condition_names) == (None, ())


def test_a_model_gets_its_own_conditions_in_its_own_order() -> None:
    given = for_conditions(signals_of(PATH, GOOD | CONDITIONS), [TORQUE, LOAD], PATH)
    assert given.conditions is not None
    assert (given.conditions.tolist(), given.condition_names) == ([[7, 1], [7, 2], [7, 3]], ("torque", "load"))
    assert for_conditions(given, [], PATH).conditions is None


def test_a_condition_that_is_missing_or_outside_its_range_is_refused() -> None:
    with pytest.raises(DataError, match=r"own\.npz lacks the condition 'load'; it has none; they stand in the arrays"):
        for_conditions(signals_of(PATH, GOOD), [LOAD], PATH)
    narrow = Condition(name="load", unit="kN", minimum=0, maximum=2.5)
    with pytest.raises(DataError, match=r"record 2 has load 3; the recipe takes 0 to 2\.5 kN\."):
        for_conditions(signals_of(PATH, GOOD | CONDITIONS), [narrow], PATH)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"conditions": np.ones((2, 2))}, r"conditions has shape \[2, 2\]; 3 records .* need \[3, 2\]"),
        ({"conditions": np.ones(3)}, r"conditions has shape \[3\]"),
        ({"condition_names": np.array(["speed"])}, r"3 records and 1 condition_names need \[3, 1\]"),
        ({"condition_names": np.array(["load", "load"])}, "condition_names has 'load' twice"),
        ({"conditions": np.array([[1, 2], [3, np.nan], [5, 6]])}, "conditions must be finite numbers"),
        ({"conditions": np.full((3, 2), "x")}, "conditions must be finite numbers, not <U1"),
    ],
)
def test_conditions_that_do_not_fit_are_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        signals_of(PATH, GOOD | CONDITIONS | change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"label": np.array([0, 1])}, r"label has shape \[2\] for 3 records"),
        ({"label": np.array([0, 1, 2])}, "label 2 has no name among 2"),
        ({"label": np.array([1, 2, 1])}, "label 2 has no name among 2; it counts from 1: save label - 1"),
        ({"label": np.array([0, -1, 1])}, "label -1 has no name"),
        ({"severity": np.array([0, 0, 3])}, "severity 3 has no name among 1"),
        (
            {"signals": np.zeros((3, 2, 4), np.int16)},
            r"signals are int16 \[3, 2, 4\], counts of a recorder: .* signals\.astype\(\"float32\"\) \* scale",
        ),
        ({"signals": np.zeros((3, 2, 4), np.complex64)}, r"must be floats .* not complex64 \[3, 2, 4\]"),
        ({"label": np.array([0.0, 1.0, 1.0])}, r"label is float64 of whole numbers: save label\.astype\(\"int64\"\)"),
        ({"label": np.array([0.0, 0.5, 1.0])}, "label must be whole numbers, indices into class_names, not float64"),
        (
            {"label": np.array(["good", "bad", "bad"])},
            r"label holds names, .* save both from class_names, label = np\.unique\(label, return_inverse=True\)",
        ),
        ({"label": np.array([[0], [1], [1]])}, r"label has shape \[3, 1\] for 3 records; save label\[:, 0\]"),
        ({"label": np.eye(2)[[0, 1, 1]]}, r"label has shape \[3, 2\] for 3 records; save label\.argmax\(1\)"),
        ({"class_names": np.array(["good", "good"])}, "class_names has 'good' twice"),
        ({"class_names": np.array("good")}, r"class_names has shape \[\]; it must be a list of names"),
        ({"sample_rate": np.array([8000.0, 8000.0])}, r"sample_rate must be one number above 0, in Hz"),
        ({"sample_rate": np.float64(0)}, r"sample_rate must be one number above 0, in Hz"),
        (
            {"signals": np.where(np.arange(24).reshape(3, 2, 4) == 20, 1e39, 1.0)},
            r"1 of 3 records hold values beyond float32, 2 first: another unit .*, as in signals / 1e6\.$",
        ),
        ({"signals": np.zeros(3, np.float32)}, r"not float32 \[3\]"),
        (
            {"signals": np.where(np.arange(24).reshape(3, 2, 4) == 20, np.nan, 1.0)},
            "1 of 3 records .* 2 first",
        ),
        ({"signals": np.full((3, 1, 4), np.inf)}, "3 of 3 records hold NaN or infinity, 0 first"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change: dict[str, np.ndarray], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        signals_of(PATH, GOOD | change)


def test_a_missing_array_is_named() -> None:
    with pytest.raises(DataError, match="lacks the arrays label, sample_rate; it has signals, class_names"):
        signals_of(PATH, {name: GOOD[name] for name in ("signals", "class_names")})
