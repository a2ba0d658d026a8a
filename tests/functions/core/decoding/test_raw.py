import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from functions.core.decoding.raw import decode_float32
from functions.core.errors import MalformedBodyError


@given(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(width=32)))
def test_little_endian_float32_comes_back_exactly(array: NDArray[np.float32]) -> None:
    recording = decode_float32(array.astype("<f4").tobytes())
    np.testing.assert_array_equal(recording.samples, array[np.newaxis])
    assert recording.samples.dtype == np.float32
    assert recording.sample_rate_hz is None


@pytest.mark.parametrize("length", [1, 2, 3, 5, 4095])
def test_a_length_that_is_no_multiple_of_four_is_malformed(length: int) -> None:
    with pytest.raises(MalformedBodyError, match=f"The body has {length} bytes") as refusal:
        decode_float32(bytes(length))
    assert refusal.value.field == "signal"
