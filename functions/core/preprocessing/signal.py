"""A recording as the serve flow knows it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.core.errors import (
    SampleRateError,
    SignalConstantError,
    SignalNotFiniteError,
    SignalShapeError,
)
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.clipping import extremes, is_clipped


@dataclass(frozen=True)
class Recording:
    """A decoded body, not yet checked.

    samples: float32 [C, N]; sample_rate_hz: what the file says, or None;
    channel_names: one a row where the file names them.
    """

    samples: Float32Array
    sample_rate_hz: float | None = None
    channel_names: Sequence[str] = ()


@dataclass(frozen=True)
class Signal:
    """A recording that can be diagnosed: samples float32 [C, N], finite and not constant.

    clipped: it was cut off at the range of its sensor or recorder.
    """

    samples: Float32Array
    clipped: bool


@dataclass(frozen=True)
class RateRange:
    """The sample rates that are accepted, in Hz."""

    lowest_hz: float
    highest_hz: float

    def check(self, rate_hz: float) -> float:
        """Return the rate.

        Raises:
            SampleRateError: it is outside the range (or NaN).
        """
        if not self.lowest_hz <= rate_hz <= self.highest_hz:
            raise SampleRateError(
                f"The sample rate {rate_hz:g} Hz is outside {self.lowest_hz:g} to {self.highest_hz:g} Hz."
            )
        return rate_hz


def select_channels(recording: Recording, channels: int, wanted: str | None) -> Float32Array:
    """Return the rows a model of so many channels takes, float32 [channels, N].

    Args:
        recording: samples [C, N].
        channels: what the model takes.
        wanted: a channel's name or its number from 0, for a model of one channel.

    Raises:
        SignalShapeError: the count does not fit and no channel is chosen, or there is no such channel.
    """
    samples = recording.samples
    names = list(recording.channel_names) or [str(index) for index in range(len(samples))]
    if wanted is not None:
        row = names.index(wanted) if wanted in names else _row_number(wanted, len(samples), names)
        samples = samples[row : row + 1]
    if len(samples) != channels:
        raise SignalShapeError(
            f"The recording has {len(samples)} channels ({', '.join(names[:8])}); the model takes {channels}."
            + (" Choose one with `channel`." if channels == 1 else ""),
        )
    return samples


def _row_number(wanted: str, count: int, names: Sequence[str]) -> int:
    if wanted.isdecimal() and int(wanted) < count:
        return int(wanted)
    raise SignalShapeError(f"There is no channel {wanted!r}; there are {', '.join(names[:8])}.", field="channel")


def check_samples(samples: Float32Array) -> Signal:
    """Return samples float32 [C, N] as a signal: finite and not constant in any channel.

    Raises:
        SignalNotFiniteError: NaN or infinity.
        SignalConstantError: a channel has one value only.
    """
    if not samples.size:
        return Signal(samples, clipped=False)
    found = [(row, *extremes(row)) for row in samples]
    for channel, (row, highest, lowest) in enumerate(found):
        # The extremes of a row with NaN are NaN.
        if not (np.isfinite(row[highest]) and np.isfinite(row[lowest])):
            index = int(np.isfinite(row).argmin())
            raise SignalNotFiniteError(f"The signal has NaN or infinity, first at sample {index} of channel {channel}.")
    if any(row[highest] == row[lowest] for row, highest, lowest in found):
        raise SignalConstantError("The signal is constant: the sensor may be dead or unplugged.")
    return Signal(samples, clipped=any(is_clipped(*one) for one in found))
