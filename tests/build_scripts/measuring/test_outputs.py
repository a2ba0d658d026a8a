import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.data.signals import SignalSet
from build_scripts.export.export import ExportedModel
from build_scripts.measuring.outputs import RecordOutputs, agreement, run_records
from functions.core.models.engine import EngineOutput, OnnxEngine
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.conftest import WINDOW


def made(*logits: list[list[float]]) -> RecordOutputs:
    rows = tuple(EngineOutput(np.array(one, np.float32), None) for one in logits)
    return RecordOutputs(rows, np.array([1, 0]))


def test_records_of_different_lengths_give_their_windows_labels() -> None:
    found = made([[0, 1], [1, 0]], [[1, 0], [1, 0], [0, 1]])
    assert found.window_label.tolist() == [1, 1, 0, 0, 0]
    assert found.window_accuracy == pytest.approx(3 / 5)
    assert [rows.shape for rows in found.probabilities(1.0)] == [(2, 2), (3, 2)]


def test_agreement_counts_windows_named_alike() -> None:
    first, second = made([[0, 1], [1, 0]], [[1, 0]]), made([[0, 5], [0, 1]], [[9, 0]])
    assert agreement(first, second) == pytest.approx(2 / 3)


def test_missing_distances_are_refused() -> None:
    with pytest.raises(ValueError, match="no output named distance"):
        _ = made([[0, 1]], [[1, 0]]).distances


class RowsEngine:
    """Answers with the conditions that it is given."""

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        assert conditions is not None
        return EngineOutput(conditions, None)


def test_a_record_s_conditions_stand_beside_each_of_its_windows() -> None:
    conditions = np.array([[1, 10], [2, 20]], np.float32)
    zeros, names = np.zeros(2, np.int64), ("one", "two")
    records = SignalSet(np.ones((2, 1, 9), np.float32), zeros, 1.0, names, zeros, ("all",), conditions, ("a", "b"))
    found = run_records(RowsEngine(), records, 4)
    assert [rows.logits.tolist() for rows in found.outputs] == [[[1, 10]] * 3, [[2, 20]] * 3]


def test_an_engine_runs_every_record(exported: ExportedModel, records: RecordSet) -> None:
    found = run_records(OnnxEngine(exported.path), records, WINDOW)
    assert found.window_logits.shape == (5 * len(records), 11)
    assert [gaps.shape for gaps in found.distances] == [(5,)] * len(records)
