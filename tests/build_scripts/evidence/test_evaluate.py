from dataclasses import replace
from pathlib import Path

import pytest

from build_scripts.data.records import RecordSet
from build_scripts.errors import DataError
from build_scripts.evidence.evaluate import evaluate
from functions.core.errors import ModelNotFoundError


def test_the_json_has_the_contract_shape(shipped_models: Path, records: RecordSet) -> None:
    report = evaluate(shipped_models, "journal-bearing", records).as_json()
    assert (report["model"], report["records"]) == ("journal-bearing", 44)
    variants = report["variants"]
    assert isinstance(variants, dict)
    assert list(variants) == ["fp32", "int8"]
    for variant in variants.values():
        assert 0 <= variant["window_accuracy"] <= 1
        assert 0 <= variant["record_accuracy"] <= 1
        assert len(variant["per_class"]) == 11


def test_accuracy_is_the_share_of_records_right(shipped_models: Path, records: RecordSet) -> None:
    right = evaluate(shipped_models, "journal-bearing", records).variants["int8"].accuracy.record
    shifted = replace(records, label=(records.label + 1) % 11)
    assert evaluate(shipped_models, "journal-bearing", shifted).variants["int8"].accuracy.record <= 1 - right


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_names": ("a", "b")}, "The data has 2 classes, the model 11"),
        ({"sample_rate_hz": 12000.0}, "12000 samples/s, the model needs 20480"),
    ],
)
def test_data_of_another_kind_is_refused(
    shipped_models: Path, records: RecordSet, change: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(shipped_models, "journal-bearing", replace(records, **change))  # type: ignore[arg-type]


def test_records_shorter_than_a_window_are_refused(shipped_models: Path, records: RecordSet) -> None:
    with pytest.raises(DataError, match="A record has 1000 samples, a window 20480"):
        evaluate(shipped_models, "journal-bearing", replace(records, counts=records.counts[:, :1000]))


def test_an_unknown_model_is_named(shipped_models: Path, records: RecordSet) -> None:
    with pytest.raises(ModelNotFoundError, match="nothing"):
        evaluate(shipped_models, "nothing", records)
