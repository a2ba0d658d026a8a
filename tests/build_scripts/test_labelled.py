from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from build_scripts.checkpoint import ModelDescription
from build_scripts.errors import DataError
from build_scripts.labelled import class_order, read_for

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
        ({}, 1, r"records of 2 channel\(s\); own takes 1"),
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


def test_classes_are_known_by_id_or_name() -> None:
    assert class_order(("Ugly", "good"), MODEL, Path()).tolist() == [2, 0]


def test_names_of_another_language_stand_in_order() -> None:
    assert class_order(("bon", "mauvais", "laid"), MODEL, Path()).tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="'bon'"):
        class_order(("bon", "mauvais"), MODEL, Path())
