"""What a trend of a machine shows beside its diagnoses: three indicators of condition in the time domain."""

from dataclasses import dataclass

import numpy as np

from functions.core.arrays import Float32Array
from functions.core.signal import Recording, select_channels


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


def indicators(recording: Recording, channel: str | None) -> Indicators:
    """Return the indicators of a recording that was diagnosed.

    Args:
        recording: samples float32 [C, N], finite and not constant.
        channel: the one that was diagnosed; where none was chosen, the one that shakes most is taken.
    """
    samples = recording.samples if channel is None else select_channels(recording, 1, channel)
    return max((_of_channel(row) for row in samples), key=lambda found: found.rms)


def _of_channel(samples: Float32Array) -> Indicators:
    """Return the indicators of one channel, float32 [N].

    In float32, whose pairwise sums keep six digits: float64 takes longer than the diagnosis. As shares of the peak, for
    a fourth power of large samples is beyond float32.
    """
    centred = samples - samples.mean()
    # What the first mean was off by, where the offset is large.
    centred -= centred.mean()
    peak = float(max(centred.max(), -centred.min()))
    if peak == 0:
        return Indicators(0.0, 0.0, 0.0)
    centred /= peak
    squares = np.square(centred, out=centred)
    power = float(squares.mean())
    fourth = float(np.square(squares, out=squares).mean())
    return Indicators(peak * power**0.5, power**-0.5, fourth / power**2)
