import numpy as np
import pytest

from build_scripts.training.outliers import KINDS, OUTLIERS, clipped, exposure
from functions.core.preprocessing.arrays import Float32Array

RATE_HZ, WINDOW = 20480, 4096


@pytest.fixture
def known() -> Float32Array:
    return np.random.default_rng(3).normal(0, 0.2, (8, 2, WINDOW)).astype(np.float32)


def test_each_kind_comes_as_often_and_levels_follow_the_known(known: Float32Array) -> None:
    drawn = exposure(np.random.default_rng(1), known, 5, RATE_HZ)
    assert drawn.shape == (5 * len(KINDS), 2, WINDOW)
    assert drawn.dtype == np.float32
    assert np.isfinite(drawn).all()
    noise_levels = drawn[:5].std(axis=(1, 2)) / known.std()
    assert ((noise_levels > 0.09) & (noise_levels < 3.3)).all()


def test_the_same_draws_give_the_same_outliers(known: Float32Array) -> None:
    first, again, other = (exposure(np.random.default_rng(seed), known, 2, RATE_HZ) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_clipped_windows_rest_on_their_limit(known: Float32Array) -> None:
    cut = clipped(np.random.default_rng(2), known)
    peaks = np.abs(cut).max(axis=(1, 2), keepdims=True)
    assert ((np.abs(cut) == peaks).mean(axis=(1, 2)) > 0.3).all()
    share = peaks[:, 0, 0] / known.std(axis=(1, 2))
    assert ((share >= 0.19) & (share <= 1.01)).all()


@pytest.mark.parametrize(("kind", "concentrated"), [("white noise", False), ("sine", True), ("silence with hum", True)])
def test_tones_concentrate_their_power_and_noise_does_not(kind: str, concentrated: bool) -> None:
    spectrum = np.abs(np.fft.rfft(OUTLIERS[kind](np.random.default_rng(7), RATE_HZ, RATE_HZ))) ** 2
    strongest = np.sort(spectrum)[-20:].sum() / spectrum.sum()
    assert bool(strongest > 0.5) is concentrated
