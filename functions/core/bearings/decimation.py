"""Decimation of windows whose sample rate is far above the band that is read."""

from functools import lru_cache

import numpy as np

from functions.core.preprocessing.arrays import Float32Array, as_float32

# The filter passes a quarter of the decimated rate and keeps out what would fold back onto it, by 65 dB: it is so
# many outputs long. Source: J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974.
_FILTER_OUTPUTS, _FILTER_BETA = 9, 6.5
# A product of matrices makes so many outputs of a row of samples and of the one behind it. A product of so many rows is
# too small for the matrix library to share it among threads, whose start takes longer than the product.
_ROW_OUTPUTS, _ROWS = 8, 64
_STEPS = 16


def decimated(windows: Float32Array, step: int) -> Float32Array:
    """Return windows at a lower sample rate: every `step`-th sample, through a low-pass filter.

    A window is taken to begin again at its end, as its spectrum takes it: the spectrum below a quarter of the new rate
    stays what it was, but for the phase of a delay.

    Args:
        windows: float32 [C, N].
        step: samples that become one; N is a multiple of it; 1 leaves the windows as they are.

    Returns:
        float32 [C, N // step].
    """
    if step == 1:
        return windows
    channels, length = windows.shape
    row, weights = _ROW_OUTPUTS * step, _weights(step)
    rows = -(-(length // step) // _ROW_OUTPUTS) + 1
    blocks = length // (row * _ROWS)
    ahead = windows[:, : blocks * _ROWS * row].reshape(channels, blocks, _ROWS, row)
    rest = windows.take(np.arange(blocks * _ROWS * row, rows * row) % length, axis=1)
    sums = np.empty((channels, rows, 2 * _ROW_OUTPUTS), np.float32)
    of_ahead, of_rest = np.split(sums, [blocks * _ROWS], axis=1)
    np.matmul(ahead, weights, out=of_ahead.reshape(channels, blocks, _ROWS, 2 * _ROW_OUTPUTS))
    np.matmul(rest.reshape(channels, -1, row), weights, out=of_rest)
    found = sums[:, :-1, :_ROW_OUTPUTS] + sums[:, 1:, _ROW_OUTPUTS:]
    return found.reshape(channels, -1)[:, : length // step]


@lru_cache(_STEPS)
def _weights(step: int) -> Float32Array:
    """Return the filter's weights of a row of samples, float32 [row, 2 outputs]: in its own outputs, and in those of
    the row before.
    """
    taps = _FILTER_OUTPUTS * step
    places = (np.arange(taps) - (taps - 1) / 2) / step
    low_pass = np.sinc(places) * np.kaiser(taps, _FILTER_BETA)
    shifted = np.zeros((2 * _ROW_OUTPUTS * step, _ROW_OUTPUTS))
    for output in range(_ROW_OUTPUTS):
        shifted[output * step : output * step + taps, output] = low_pass / low_pass.sum()
    return as_float32(np.hstack(np.split(shifted, 2)))
