import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import SignalTooShortError
from functions.core.preprocessing.windowing import cut_windows


@given(st.integers(1, 3), st.integers(1, 40), st.integers(0, 200))
def test_every_sample_is_covered_and_none_is_made_up(channels: int, window: int, extra: int) -> None:
    length = window + extra
    samples = np.arange(channels * length, dtype=np.float32).reshape(channels, length)
    windows = cut_windows(samples, window)
    assert windows.shape == (-(-length // window), channels, window)
    assert windows.dtype == np.float32
    assert windows.flags.c_contiguous
    for channel in range(channels):
        assert set(windows[:, channel].ravel()) == set(samples[channel])
    np.testing.assert_array_equal(windows[-1], samples[:, -window:])
    np.testing.assert_array_equal(
        np.concatenate(windows[:-1], axis=1) if extra else windows[0], samples[:, : window * max(1, len(windows) - 1)]
    )


def test_the_last_window_reaches_back() -> None:
    windows = cut_windows(np.arange(5, dtype=np.float32)[np.newaxis], 2)
    assert windows[:, 0].tolist() == [[0, 1], [2, 3], [3, 4]]


def test_one_sample_too_few_is_too_short() -> None:
    with pytest.raises(SignalTooShortError, match=r"has 7 samples; one window needs 8\."):
        cut_windows(np.zeros((1, 7), np.float32), 8)
    assert len(cut_windows(np.zeros((1, 8), np.float32), 8)) == 1
