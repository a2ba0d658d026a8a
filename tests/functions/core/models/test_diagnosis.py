import numpy as np
import pytest

from functions.core.models.diagnosis import Diagnosis, novelty, record_probabilities, window_probabilities
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import NoveltyRule
from functions.core.preprocessing.arrays import Float32Array
from tests.support.packages import TEMPERATURE, make_manifest

RULE = NoveltyRule(scale=2.0, threshold=0.5)
MANIFEST = make_manifest("tiny", "1", b"model")


def output(distance: list[float] | None) -> EngineOutput:
    distances: Float32Array | None = None if distance is None else np.array(distance, np.float32)
    return EngineOutput(np.zeros((len(distance or [0]), 3), np.float32), distances)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [([2.0], 0.5), ([0.0], 0.0), ([6.0], 0.75), ([2.0, 6.0], 0.625), ([-1e-6], 0.0)],
)
def test_novelty_is_the_mean_of_the_windows(distance: list[float], expected: float) -> None:
    assert novelty(output(distance), RULE) == pytest.approx(expected)


@pytest.mark.parametrize(("distance", "rule"), [(None, RULE), ([2.0], None), (None, None)])
def test_novelty_is_unknown_where_it_is_not_measured(distance: list[float] | None, rule: NoveltyRule | None) -> None:
    assert novelty(output(distance), rule) is None


@pytest.mark.parametrize(("measured", "expected"), [(0.0, True), (0.8, True), (0.8001, False), (None, None)])
def test_the_threshold_itself_is_in_distribution(measured: float | None, expected: bool | None) -> None:
    diagnosis = Diagnosis(MANIFEST, "fp32", np.array([0.2, 0.7, 0.1]), 1, measured, 1.0)
    assert diagnosis.in_distribution is expected
    assert diagnosis.predicted_class == 1
    assert diagnosis.confidence == 0.7


@pytest.mark.parametrize("measured", [0.0, 0.9, None])
def test_a_clipped_recording_is_never_in_distribution(measured: float | None) -> None:
    diagnosis = Diagnosis(MANIFEST, "fp32", np.array([0.2, 0.7, 0.1]), 1, measured, 1.0, clipped=True)
    assert diagnosis.in_distribution is False


def test_probabilities_are_calibrated_by_window_then_joined() -> None:
    logits = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], np.float32)
    windows = window_probabilities(EngineOutput(logits, None), MANIFEST)
    weights = np.exp(np.array([2.0, 0.0, 0.0]) / TEMPERATURE)
    np.testing.assert_allclose(windows[0], weights / weights.sum())
    np.testing.assert_allclose(record_probabilities(EngineOutput(logits, None), MANIFEST), windows.mean(axis=0))
