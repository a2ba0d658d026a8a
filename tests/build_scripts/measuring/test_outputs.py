import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.export.export import ExportedModel
from build_scripts.measuring.outputs import RecordOutputs, agreement, run_records
from functions.core.models.engine import EngineOutput, OnnxEngine
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


def test_an_engine_runs_every_record(exported: ExportedModel, records: RecordSet) -> None:
    found = run_records(OnnxEngine(exported.path), records, WINDOW)
    assert found.window_logits.shape == (5 * len(records), 11)
    assert [gaps.shape for gaps in found.distances] == [(5,)] * len(records)
