import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from functions.core.decoding.raw import decode_raw
from functions.core.decoding.wav import decode_wav
from functions.core.errors import MalformedBodyError
from functions.core.models.options import SampleFormat
from tests.support.recordings import wav_bytes


@given(
    hnp.arrays(
        np.float32, st.integers(0, 50), elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([np.nan, np.inf])
    )
)
def test_little_endian_float32_comes_back_exactly(array: NDArray[np.float32]) -> None:
    recording = decode_raw(array.astype("<f4").tobytes())
    np.testing.assert_array_equal(recording.samples, array[np.newaxis])
    assert recording.samples.dtype == np.float32
    assert recording.sample_rate_hz is None


@pytest.mark.parametrize("length", [1, 2, 3, 5, 4095])
def test_a_length_that_is_no_multiple_of_four_is_malformed(length: int) -> None:
    with pytest.raises(MalformedBodyError, match=f"The body has {length} bytes") as refusal:
        decode_raw(bytes(length))
    assert refusal.value.field == "signal"


@given(hnp.arrays(np.int16, st.integers(1, 50)), st.floats(1e-3, 1e3))
def test_int16_is_what_a_wav_of_the_same_samples_is(array: NDArray[np.int16], full_scale: float) -> None:
    recording = decode_raw(array.astype("<i2").tobytes(), full_scale, "int16")
    of_wav = decode_wav(wav_bytes(array, subtype="PCM_16"), full_scale)
    np.testing.assert_array_equal(recording.samples, of_wav.samples)
    assert recording.samples.dtype == np.float32


def test_a_view_of_int16_need_not_be_aligned() -> None:
    body = memoryview(b"\x00" + np.array([-32768, 16384], "<i2").tobytes())[1:]
    np.testing.assert_array_equal(decode_raw(body, 4.0, "int16").samples, [[-4.0, 2.0]])


@pytest.mark.parametrize("order", ["", "be"])
@given(array=hnp.arrays(np.float64, st.integers(0, 50), elements=st.floats(-1e15, 1e15)))
def test_float64_of_both_byte_orders_becomes_the_nearest_float32(order: str, array: NDArray[np.float64]) -> None:
    body = array.astype(">f8" if order else "<f8").tobytes()
    samples = decode_raw(body, sample_format="float64be" if order else "float64").samples
    np.testing.assert_array_equal(samples, array.astype(np.float32)[np.newaxis])
    assert samples.dtype.isnative


@pytest.mark.parametrize(
    ("name", "dtype"), [("int16be", ">i2"), ("int32", "<i4"), ("int32be", ">i4"), ("float32be", ">f4")]
)
def test_other_formats_are_scaled_by_their_range(name: SampleFormat, dtype: str) -> None:
    half = 1 if dtype[1] == "f" else 2 ** (8 * int(dtype[-1]) - 1)
    body = np.array([-half, half // 2], dtype).tobytes()
    np.testing.assert_array_equal(decode_raw(body, 4.0, name).samples, [[-1, 0]] if half == 1 else [[-4, 2]])


def test_an_odd_length_is_no_int16() -> None:
    with pytest.raises(MalformedBodyError, match="The body has 3 bytes; int16 samples take 2 bytes each"):
        decode_raw(bytes(3), 1.0, "int16")


@pytest.mark.parametrize(
    ("dtype", "name"),
    [("<i2", "float32"), (">f4", "float32"), ("<f8", "float32"), ("<f4", "float32be"), (">f8", "float64")],
)
def test_samples_of_another_format_are_refused_with_the_option_that_helps(dtype: str, name: SampleFormat) -> None:
    values = np.sin(np.arange(2000)) * (1000 if dtype == "<i2" else 0.5)
    with pytest.raises(MalformedBodyError, match="state with `sample_format` what they are") as refusal:
        decode_raw(values.astype(dtype).tobytes(), sample_format=name)
    assert refusal.value.field == "sample_format"
    assert name not in refusal.value.message.partition("what they are, ")[2].split(", ")
