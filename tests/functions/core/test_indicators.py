import numpy as np
import pytest

from functions.core.indicators import indicators
from functions.core.signal import Recording

ANGLE = 2 * np.pi * np.arange(20_480) / 64


def recording(*rows: object) -> Recording:
    return Recording(np.asarray(rows, dtype=np.float32), channel_names=("x", "y")[: len(rows)])


def test_a_sine_has_the_figures_of_a_sine_whatever_its_mean() -> None:
    found = indicators(recording(3 * np.sin(ANGLE) + 9.81), None)
    assert found.rms == pytest.approx(3 / 2**0.5, rel=1e-5)
    assert found.crest_factor == pytest.approx(2**0.5, rel=1e-5)
    assert found.kurtosis == pytest.approx(1.5, rel=1e-5)


def test_noise_has_a_kurtosis_of_three_and_impacts_raise_it() -> None:
    noise = np.random.default_rng(1).normal(size=200_000)
    assert indicators(recording(noise), None).kurtosis == pytest.approx(3, abs=0.05)
    noise[::1000] += 10
    assert indicators(recording(noise), None).kurtosis > 8


def test_of_several_channels_the_one_that_shakes_most_or_the_chosen_one() -> None:
    both = recording(np.sin(ANGLE), 2 * np.sin(ANGLE))
    assert indicators(both, None).rms == pytest.approx(2 / 2**0.5, rel=1e-5)
    assert indicators(both, "x").rms == pytest.approx(1 / 2**0.5, rel=1e-5)
    assert indicators(both, "1").rms == pytest.approx(2 / 2**0.5, rel=1e-5)
