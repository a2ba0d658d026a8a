import numpy as np
import pytest

from build_scripts.evidence.proof.reliability import reliability, reliability_of


def test_the_error_of_two_bins_is_their_weighted_gap() -> None:
    probabilities = np.array([[0.9, 0.1]] * 3 + [[0.4, 0.6]] * 1)
    measured = reliability(probabilities, np.array([0, 0, 1, 1]), bins=10)
    assert measured.confidence == pytest.approx((0.6, 0.9))
    assert measured.accuracy == pytest.approx((1.0, 2 / 3))
    assert measured.count == (1, 3)
    assert measured.error == pytest.approx(0.25 * 0.4 + 0.75 * (0.9 - 2 / 3))


def test_certain_and_right_is_no_error_and_certain_and_wrong_all_of_it() -> None:
    sure = np.eye(2)[[0, 1, 0]]
    assert reliability(sure, np.array([0, 1, 0])).error == 0.0
    assert reliability(sure, np.array([1, 0, 1])).error == 1.0


def test_calibrated_draws_have_a_small_error() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1.0, 20000)
    label = (rng.random(20000) > confidence).astype(np.int64)
    assert reliability(np.stack([confidence, 1 - confidence], axis=1), label).error < 0.015


@pytest.mark.parametrize("count", [10, 40])
def test_few_answers_have_an_error_by_chance(count: int) -> None:
    sure = np.full(count, 0.3)
    rng = np.random.default_rng(0)
    drawn = [reliability_of(sure, rng.random(count) < sure).error for _ in range(2000)]
    assert reliability_of(sure, sure > 0.5).by_chance == pytest.approx(np.mean(drawn), abs=0.01)
    assert reliability_of(np.ones(count), sure < 0.5).by_chance == 0.0
