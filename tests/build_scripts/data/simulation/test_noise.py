import numpy as np
import pytest

from build_scripts.data.simulation.classes import RECORD_SAMPLES, SAMPLE_RATE_HZ
from build_scripts.data.simulation.noise import (
    aliased_tone,
    environment,
    impulses,
    mains_hum,
    random_walk,
    slow_drift,
    white,
)

TIME_S = np.arange(RECORD_SAMPLES) / SAMPLE_RATE_HZ


def generators(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(count)]


def test_white_noise_has_its_sigma() -> None:
    assert white(np.random.default_rng(0), RECORD_SAMPLES).std() == pytest.approx(0.03, rel=0.01)


def test_mains_hum_is_10_to_15_mg_at_50_to_60_hz() -> None:
    for rng in generators(20):
        hum = mains_hum(rng, TIME_S)
        assert 0.0099 <= np.abs(hum).max() <= 0.0151
        assert 49.8 <= np.abs(np.fft.rfft(hum)).argmax() / 5 <= 60.2


def test_random_walk_is_scaled_and_keeps_its_mean() -> None:
    walks = [random_walk(rng, RECORD_SAMPLES) for rng in generators(20)]
    assert [walk.std() for walk in walks] == pytest.approx([0.02] * 20)
    assert max(abs(walk.mean()) for walk in walks) > 0.02
    assert max(abs(walk[0]) for walk in walks) < 0.001


def test_slow_drift_has_a_period_of_one_and_a_half_seconds_and_an_offset() -> None:
    drift = slow_drift(TIME_S)
    assert np.abs(drift).max() == pytest.approx(0.0155, abs=0.0006)
    period = 30720
    assert drift[period:] - drift[:-period] == pytest.approx(np.full(drift.size - period, 0.0003), abs=1e-9)


def test_aliased_tone_is_in_a_tenth_of_records_and_folds_below_nyquist() -> None:
    tones = [aliased_tone(rng, TIME_S) for rng in generators(300)]
    present = [tone for tone in tones if tone.any()]
    assert 15 <= len(present) <= 50
    for tone in present:
        peak_hz = np.abs(np.fft.rfft(tone)).argmax() / 5
        assert SAMPLE_RATE_HZ / 2 - 300.2 <= peak_hz <= SAMPLE_RATE_HZ / 2 - 99.8
        assert np.abs(tone).max() == pytest.approx(0.005, rel=0.01)


def test_impulses_are_ten_of_at_most_five_samples() -> None:
    for rng in generators(20):
        disturbed = np.flatnonzero(impulses(rng, RECORD_SAMPLES))
        assert 10 <= disturbed.size <= 50


def test_environment_has_the_sum_of_the_powers() -> None:
    variances = [environment(rng, TIME_S).var() for rng in generators(20)]
    # white, walk, hum of 12.5 mg, drift of 15 mg
    expected = 0.03**2 + 0.02**2 + 0.0125**2 / 2 + 0.015**2 / 2
    assert np.mean(variances) == pytest.approx(expected, rel=0.05)
