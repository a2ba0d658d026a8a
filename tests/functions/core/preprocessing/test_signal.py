from functools import partial

import numpy as np
import pytest

from functions.core.errors import (
    BatchTooLargeError,
    SampleRateError,
    SignalConstantError,
    SignalNotFiniteError,
    SignalShapeError,
)
from functions.core.preprocessing.signal import (
    MOST_CHANNELS,
    RateRange,
    Recording,
    channel_name,
    channel_unit,
    check_batch_size,
    check_channel_count,
    check_samples,
    select_channels,
)
from tests.support.costs import peak_bytes

THREE = Recording(np.arange(6, dtype=np.float32).reshape(3, 2), channel_names=("DE", "FE", "1"))
UNNAMED = Recording(THREE.samples)


@pytest.mark.parametrize(
    ("recording", "wanted", "row"),
    [(THREE, "DE", 0), (THREE, "FE", 1), (THREE, "0", 0), (THREE, "1", 2), (THREE, "2", 2), (UNNAMED, "1", 1)],
)
def test_a_channel_is_chosen_by_name_then_by_number(recording: Recording, wanted: str, row: int) -> None:
    np.testing.assert_array_equal(select_channels(recording, 1, wanted), recording.samples[row : row + 1])


def test_channels_that_are_called_by_their_columns_are_not_counted_besides() -> None:
    recording = Recording(np.arange(6, dtype=np.float32).reshape(2, 3), channel_names=("1", "2"))
    assert channel_name(recording, "1") == "1"
    np.testing.assert_array_equal(select_channels(recording, 1, "2"), recording.samples[1:])
    with pytest.raises(SignalShapeError, match="There is no channel '0'; the channels are: 1, 2"):
        select_channels(recording, 1, "0")


def test_a_unit_may_be_of_one_channel() -> None:
    recording = Recording(np.zeros((2, 3), np.float32), channel_names=("x", "v"), channel_units=("g", "mm/s"))
    assert [channel_unit(recording, wanted) for wanted in ("x", "1", None)] == ["g", "mm/s", None]
    alone = Recording(np.zeros((1, 3), np.float32), unit="g")
    assert [channel_unit(alone, wanted) for wanted in ("0", None)] == ["g", "g"]


def test_as_many_channels_as_the_model_takes_pass() -> None:
    assert select_channels(THREE, 3, None) is THREE.samples


@pytest.mark.parametrize("wanted", ["3", "-1", "BA", "", "²", "1.0", "9" * 5000, "0" * 5000, "x" * 1_000_000])
def test_a_channel_that_is_not_there_is_refused(wanted: str) -> None:
    with pytest.raises(SignalShapeError, match="the channels are: DE, FE, 1") as refusal:
        select_channels(THREE, 1, wanted)
    assert refusal.value.field == "channel"
    assert len(refusal.value.message) < 200


def test_no_name_is_made_of_a_channel_that_is_not_shown() -> None:
    """A recording of a hundred million rows without samples once took five gigabytes of names."""
    many = Recording(np.empty((3_000_000, 0), np.float32))
    for wanted in (None, "x"):
        assert peak_bytes(partial(select_channels, many, 1, wanted)) < 100_000
    with pytest.raises(SignalShapeError, match=r"has 3000000 channels \(0, 1, 2, 3, 4, 5, 6, 7\); the model takes 1."):
        select_channels(many, 1, None)


def test_counts_are_checked_against_their_limits() -> None:
    check_channel_count(MOST_CHANNELS)
    check_batch_size(4, 4)
    with pytest.raises(SignalShapeError, match="more than 1024 channels") as refusal:
        check_channel_count(MOST_CHANNELS + 1, "signals[2]")
    assert refusal.value.field == "signals[2]"
    with pytest.raises(BatchTooLargeError, match="has 5 recordings; the limit is 4"):
        check_batch_size(5, 4)


@pytest.mark.parametrize(
    ("channels", "wanted", "sentence"),
    [
        (1, None, r"has 3 channels \(DE, FE, 1\); the model takes 1. Choose one with `channel`."),
        (2, None, r"has 3 channels \(DE, FE, 1\); the model takes 2.$"),
        (2, "DE", "the model takes 2"),
    ],
)
def test_a_wrong_number_of_channels_is_refused(channels: int, wanted: str | None, sentence: str) -> None:
    with pytest.raises(SignalShapeError, match=sentence) as refusal:
        select_channels(THREE, channels, wanted)
    assert refusal.value.field == "signal"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_sample_that_is_not_finite_is_named(bad: float) -> None:
    samples = np.ones((2, 5), np.float32)
    samples[1, 3:] = bad
    with pytest.raises(SignalNotFiniteError, match="first at sample 3 of channel 1"):
        check_samples(samples)


@pytest.mark.parametrize("value", [3e38, -3e38, 1.01e19])
def test_a_value_too_large_to_compute_with_is_refused_with_its_place(value: float) -> None:
    samples = np.array([[1, 2, 3], [0, value, 1]], np.float32)
    sentence = rf"^The signal has the value {value:.3g} at sample 1 of channel 1, too large".replace("+", r"\+")
    with pytest.raises(SignalNotFiniteError, match=sentence):
        check_samples(samples)
    assert check_samples(samples / np.float32(1e20)).extremes[1] == ((1, 0) if value > 0 else (2, 1))


def test_a_constant_channel_is_refused_beside_a_living_one() -> None:
    with pytest.raises(SignalConstantError, match="sensor may be dead"):
        check_samples(np.array([[1, 2, 3], [4, 4, 4]], np.float32))


@pytest.mark.parametrize("shape", [(1, 0), (0, 4)])
def test_no_samples_are_not_constant(shape: tuple[int, int]) -> None:
    samples = np.zeros(shape, np.float32)
    assert check_samples(samples).samples is samples


@pytest.mark.parametrize("rate_hz", [100.0, 2048.0, 1e6])
def test_a_rate_in_range_passes(rate_hz: float) -> None:
    assert RateRange(100, 1e6).check(rate_hz) == rate_hz


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, 99.9, 1e6 + 1, 1e9, float("nan"), float("inf")])
def test_a_rate_outside_is_refused_and_the_range_named(rate_hz: float) -> None:
    with pytest.raises(SampleRateError, match=r"outside 100 to 1e\+06 Hz") as refusal:
        RateRange(100, 1e6).check(rate_hz)
    assert refusal.value.field == "sample_rate_hz"
