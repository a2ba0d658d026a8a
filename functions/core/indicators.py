"""What a trend of a machine shows beside its diagnoses: three indicators of condition in the time domain."""

from dataclasses import dataclass

import numpy as np

from functions.core.arrays import Float32Array


@dataclass(frozen=True)
class Indicators:
    """Of the vibration about its mean.

    rms: root mean square, in the unit of the samples; crest_factor: peak by rms; kurtosis: fourth moment by the
    square of the second, 3 for noise, higher where there are impacts.
    Source: R. B. Randall, Vibration-based Condition Monitoring, 2nd edition, section 2.2 (statistical moments).
    """

    rms: float
    crest_factor: float
    kurtosis: float


def indicators(samples: Float32Array) -> Indicators:
    """Return the indicators of samples float32 [C, N], finite and not constant; of the channel that shakes most."""
    centred = samples.astype(np.float64) - samples.mean(axis=1, keepdims=True, dtype=np.float64)
    squares = np.square(centred)
    power = squares.mean(axis=1)
    channel = int(power.argmax())
    rms = float(np.sqrt(power[channel]))
    peak = float(np.abs(centred[channel]).max())
    return Indicators(rms, peak / rms, float(np.square(squares[channel]).mean() / power[channel] ** 2))
