from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.labelled import class_order, read_for, same_order
from build_scripts.data.records import RecordSet, write_records
from build_scripts.errors import DataError
from build_scripts.networks.checkpoint import ModelDescription
from functions.core.models.manifest import Condition
from tests.build_scripts.conftest import DESCRIPTION

MODEL = ModelDescription("own", "Own", (("good", "Good"), ("bad", "Bad"), ("ugly", "Ugly")), 8, 100.0, "g")


def write(path: Path, **change: object) -> Path:
    arrays = {
        "signals": np.ones((2, 2, 9), np.float32),
        "label": np.array([0, 1]),
        "class_names": np.array(["bad", "good"]),
        "sample_rate": np.float64(100),
    }
    np.savez(path, **(arrays | change))  # type: ignore[arg-type]
    return path


def test_labels_are_put_in_the_model_s_order(tmp_path: Path) -> None:
    records = read_for(write(tmp_path / "a.npz"), MODEL, 2)
    assert (records.label.tolist(), records.class_names) == ([1, 0], ("good", "bad", "ugly"))


@pytest.mark.parametrize(
    ("change", "channels", "sentence"),
    [
        ({}, 1, r"records of 2 channel\(s\), 9 samples each; own takes 1\."),
        ({"signals": np.ones((2, 9, 2))}, 2, r"own takes 2; save signals\.transpose\(0, 2, 1\)\."),
        ({"signals": np.ones((0, 2, 9)), "label": np.ones(0, int)}, 2, "has no records"),
        ({"sample_rate": np.float64(200)}, 2, "has 200 samples/s; own takes 100"),
        ({"signals": np.ones((2, 2, 7), np.float32)}, 2, "a record of 7 samples; a window has 8"),
        ({"class_names": np.array(["bad", "worse"])}, 2, "the class 'worse', which own lacks; it has good, bad, ugly"),
    ],
)
def test_records_of_another_kind_are_refused(
    tmp_path: Path, change: dict[str, object], channels: int, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        read_for(write(tmp_path / "a.npz", **change), MODEL, channels)


def test_conditions_are_those_of_the_model(tmp_path: Path) -> None:
    load = Condition(name="load", unit="kN", minimum=0, maximum=5)
    named = {"conditions": np.array([[1.0, 9.0], [2.0, 9.0]]), "condition_names": np.array(["load", "speed"])}
    path = write(tmp_path / "a.npz", **named)
    assert read_for(path, MODEL, 2).conditions is None
    found = read_for(path, replace(MODEL, conditions=(load,)), 2).conditions
    assert found is not None
    assert found.tolist() == [[1], [2]]
    with pytest.raises(DataError, match="lacks the condition 'load'"):
        read_for(write(tmp_path / "b.npz"), replace(MODEL, conditions=(load,)), 2)


def test_a_form_without_room_for_conditions_is_refused(tmp_path: Path, records: RecordSet) -> None:
    load = Condition(name="load", unit="kN", minimum=0, maximum=5)
    with pytest.raises(DataError, match=r"has no conditions of operation; .* takes some"):
        read_for(write_records(records, tmp_path / "a.npz"), replace(DESCRIPTION, conditions=(load,)), 1)


def test_classes_are_known_by_id_or_name() -> None:
    assert class_order(("Ugly", "good"), MODEL, Path()).tolist() == [2, 0]


def test_other_forms_have_names_of_their_own_in_the_model_s_order() -> None:
    assert same_order(("bon", "mauvais", "good"), MODEL, Path()).tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="has 2 classes; own has 3"):
        same_order(("bon", "mauvais"), MODEL, Path())


def test_the_form_decides(records: RecordSet, tmp_path: Path) -> None:
    renamed = replace(records, class_names=tuple(reversed(records.class_names)))
    read = read_for(write_records(renamed, tmp_path / "records.npz"), DESCRIPTION, 1)
    assert np.array_equal(read.label, records.label)
    assert read.class_names == tuple(identifier for identifier, _ in DESCRIPTION.classes)
