import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from functions.core.models.softmax import softmax


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 12)), elements=st.floats(-1e4, 1e4, width=32)),
    st.floats(0.05, 20),
)
def test_rows_are_probabilities_in_the_order_of_the_logits(logits: NDArray[np.float32], temperature: float) -> None:
    probabilities = softmax(logits, temperature)
    assert probabilities.dtype == np.float64
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-12)
    rows = np.arange(len(logits))
    np.testing.assert_array_equal(probabilities[rows, logits.argmax(axis=-1)], probabilities.max(axis=-1))


@pytest.mark.parametrize("offset", [0.0, 1e4, -1e4])
def test_it_is_stable_far_from_zero(offset: float) -> None:
    expected = np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum()
    np.testing.assert_allclose(softmax(np.array([1.0, 2.0, 3.0]) + offset), expected, rtol=1e-9)


def test_an_overwhelming_logit_leaves_nothing_to_the_others() -> None:
    assert softmax(np.array([1e4, 0, -1e4], np.float32)).tolist() == [1, 0, 0]


def test_temperature_divides_the_logits() -> None:
    logits = np.array([0.0, 2.0])
    np.testing.assert_allclose(softmax(logits, 2.0), softmax(logits / 2))
    assert softmax(logits, 4.0).max() < softmax(logits, 1.0).max() < softmax(logits, 0.25).max()
