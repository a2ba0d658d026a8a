from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from functions.core.models.joining import join_probabilities
from functions.core.models.manifest import JoinRule
from functions.core.models.softmax import softmax

EVIDENCE: dict[str, Any] = {"rule": "evidence", "independence": 1.0}
RULES = [JoinRule(), JoinRule(**EVIDENCE), JoinRule(rule="evidence", independence=0.3, floor=1e-2, doubt=0.01)]
LOGITS = hnp.arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(2, 11)), elements=st.floats(-30, 30))


@pytest.mark.parametrize("rule", RULES)
@given(LOGITS)
def test_the_result_is_a_probability(rule: JoinRule, logits: NDArray[np.float64]) -> None:
    joined = join_probabilities(softmax(logits), rule)
    assert joined.shape == logits.shape[1:]
    assert joined.dtype == np.float64
    assert (joined >= 0).all()
    assert joined.sum() == pytest.approx(1)


@pytest.mark.parametrize("rule", RULES[:2])
def test_a_single_window_stands_for_itself(rule: JoinRule) -> None:
    np.testing.assert_allclose(join_probabilities(np.array([[0.9, 0.0999, 0.0001]]), rule), [0.9, 0.0999, 0.0001])


@pytest.mark.parametrize("rule", RULES[:2])
def test_the_order_of_windows_does_not_matter(rule: JoinRule) -> None:
    windows = softmax(np.random.default_rng(1).normal(size=(6, 4)))
    np.testing.assert_allclose(join_probabilities(windows, rule), join_probabilities(windows[::-1], rule))


def test_mean_is_the_arithmetic_mean() -> None:
    np.testing.assert_allclose(join_probabilities(np.array([[0.8, 0.2], [0.4, 0.6]]), JoinRule()), [0.6, 0.4])


def test_evidence_multiplies_as_bayes_does() -> None:
    windows = np.array([[0.8, 0.2], [0.6, 0.4], [0.5, 0.5]])
    product = windows.prod(axis=0)
    np.testing.assert_allclose(join_probabilities(windows, JoinRule(**EVIDENCE)), product / product.sum())


def test_without_independence_it_is_the_geometric_mean() -> None:
    windows = np.array([[0.8, 0.2], [0.6, 0.4]])
    mean = np.sqrt(windows.prod(axis=0))
    rule = JoinRule(rule="evidence", independence=0.0)
    np.testing.assert_allclose(join_probabilities(windows, rule), mean / mean.sum())


def test_one_decisive_window_settles_a_recording_that_the_mean_would_miss() -> None:
    windows = np.array([[0.7, 0.3]] * 4 + [[0.001, 0.999]])
    assert join_probabilities(windows, JoinRule())[1] == pytest.approx(0.4398)
    assert join_probabilities(windows, JoinRule(**EVIDENCE))[1] == pytest.approx(0.97118, abs=1e-5)


def test_the_floor_bounds_what_one_window_can_say() -> None:
    windows = np.array([[0.9, 0.1]] * 2 + [[0.0, 1.0]])
    low, high = (join_probabilities(windows, JoinRule(**EVIDENCE, floor=floor)) for floor in (1e-9, 0.1))
    assert low.argmax() == 1
    assert high.argmax() == 0


def test_doubt_is_spread_over_all_classes() -> None:
    joined = join_probabilities(np.array([[1.0, 0.0]]), JoinRule(doubt=0.02))
    np.testing.assert_allclose(joined, [0.99, 0.01])
