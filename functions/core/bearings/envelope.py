"""The whitened envelope spectrum of a recording, above the floor that its lines stand on."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from functions.core.bearings.decimation import decimated
from functions.core.bearings.spectra import envelope_spectra, longest_quick_length, spectral_floor, whitened_spectra
from functions.core.preprocessing.arrays import Float32Array, Float64Array, WholeSpectrum

# A window resolves lines half a hertz apart, and the speed seldom holds longer.
_WINDOW_S = 2.0
# Accelerometers on housings measure nothing above, and a wider band would only cost time.
_HIGHEST_HZ = 12_800.0
# At a multiple of this rate, samples are decimated to it first.
_ENOUGH_HZ = 4 * _HIGHEST_HZ
_FLOOR_HZ = 15.0
_FEWEST_FLOOR_BINS = 8


@dataclass(frozen=True)
class EnvelopeSpectrum:
    """An envelope spectrum divided by its floor, float64 [F]; `bin_order` of the shaft's speed lie between two bins."""

    ratios: Float64Array
    bin_order: float
    windows: int


def envelope_spectrum(
    samples: Float32Array, sample_rate_hz: float, shaft_hz: float, highest_order: float, whole: WholeSpectrum | None
) -> EnvelopeSpectrum:
    """Return the envelope spectrum of a recording, averaged in power over its windows and channels.

    Args:
        samples: float32 [C, N], finite.
        sample_rate_hz: of the samples.
        shaft_hz: speed of the shaft.
        highest_order: up to where the spectrum is needed, in multiples of this speed.
        whole: for the spectrum of a recording that is one window, where others need it as well.
    """
    longest = min(samples.shape[1], int(_WINDOW_S * sample_rate_hz))
    step = max(1, int(sample_rate_hz / _ENOUGH_HZ))
    length = longest_quick_length(longest // step)
    bin_hz = sample_rate_hz / (step * length)
    band = min(length // 2, int(_HIGHEST_HZ / bin_hz)) + 1
    bins = min(band, int(highest_order * shaft_hz / bin_hz) + 2)
    starts = np.linspace(0, samples.shape[1] - step * length, -(-samples.shape[1] // longest)).astype(int)
    power = np.zeros(bins)
    for start in starts.tolist():
        # A window at a time: the memory of a long recording's spectra stays that of one.
        window = decimated(samples[:, start : start + step * length], step)
        if whole is not None and window.shape == (1, samples.shape[1]):
            whitened = whole.made_by(partial(whitened_spectra, window[0]))[None, :band]
        else:
            whitened = whitened_spectra(window, band)
        power += np.square(envelope_spectra(whitened, bins), dtype=np.float64).mean(axis=0)
    magnitudes = np.sqrt(power / len(starts))
    # Bin 0 is the mean of the envelope, and no part of the floor.
    lines_floor = spectral_floor(magnitudes[1:], max(_FEWEST_FLOOR_BINS, int(_FLOOR_HZ / bin_hz)))
    floor = np.maximum(np.concatenate([lines_floor[:1], lines_floor]), np.finfo(np.float64).tiny)
    return EnvelopeSpectrum(magnitudes / floor, bin_hz / shaft_hz, len(starts))
