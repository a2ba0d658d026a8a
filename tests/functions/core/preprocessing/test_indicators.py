import numpy as np
import pytest

from functions.core.preprocessing.indicators import Indicators, indicators
from functions.core.preprocessing.signal import check_samples

ANGLE = 2 * np.pi * np.arange(20_480) / 64


def indicators_of(*rows: object) -> Indicators:
    return indicators(check_samples(np.asarray(rows, dtype=np.float32)))


def test_a_sine_has_the_figures_of_a_sine_whatever_its_mean() -> None:
    found = indicators_of(3 * np.sin(ANGLE) + 9.81)
    assert found.rms == pytest.approx(3 / 2**0.5, rel=1e-5)
    assert found.peak == pytest.approx(3, rel=1e-5)
    assert found.crest_factor == pytest.approx(2**0.5, rel=1e-5)
    assert found.kurtosis == pytest.approx(1.5, rel=1e-5)


def test_noise_has_a_kurtosis_of_three_and_impacts_raise_it() -> None:
    noise = np.random.default_rng(1).normal(size=200_000)
    assert indicators_of(noise).kurtosis == pytest.approx(3, abs=0.05)
    noise[::1000] += 10
    assert indicators_of(noise).kurtosis > 8


def test_of_several_channels_the_one_that_shakes_most() -> None:
    assert indicators_of(np.sin(ANGLE), 2 * np.sin(ANGLE)).rms == pytest.approx(2 / 2**0.5, rel=1e-5)


@pytest.mark.parametrize(
    ("scale", "offset", "samples"),
    [(0.3, 0, 102_400), (1e17, 0, 5_000), (1e-20, 0, 2_048), (0.01, 50, 102_400), (1e-30, 1e-28, 4_097), (1, 3, 8_192)],
)
def test_they_are_those_of_float64(scale: float, offset: float, samples: int) -> None:
    values = (np.random.default_rng(7).standard_t(5, samples) * scale + offset).astype(np.float32)
    exact = values.astype(np.float64) - values.mean(dtype=np.float64)
    power = (exact**2).mean()
    found = indicators_of(values)
    assert found.rms == pytest.approx(power**0.5, rel=2e-6)
    assert found.crest_factor == pytest.approx(np.abs(exact).max() / power**0.5, rel=2e-6)
    assert found.kurtosis == pytest.approx((exact**4).mean() / power**2, rel=4e-6)
