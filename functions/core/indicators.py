"""What a trend of a machine shows beside its diagnoses: three indicators of condition in the time domain."""

from dataclasses import dataclass

import numpy as np

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
    centred = samples.astype(np.float64) - samples.mean(axis=1, keepdims=True, dtype=np.float64)
    squares = np.square(centred)
    power = squares.mean(axis=1)
    row = int(power.argmax())
    rms = float(np.sqrt(power[row]))
    peak = float(np.abs(centred[row]).max())
    return Indicators(rms, peak / rms, float(np.square(squares[row]).mean() / power[row] ** 2))
