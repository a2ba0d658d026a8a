"""A recording as the serve flow knows it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.core.errors import (
    BatchTooLargeError,
    SampleRateError,
    SignalConstantError,
    SignalNotFiniteError,
    SignalShapeError,
)
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.clipping import extremes, is_clipped

# Of one recording, in every format. Source: libsndfile, SF_MAX_CHANNELS.
MOST_CHANNELS = 1024
# A channel's number has at most so many digits: Python refuses to read one of thousands.
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Recording:
    """A decoded body, not yet checked.

    samples: float32 [C, N]; sample_rate_hz: what the file states, or None;
    channel_names: one a row where the file names them; unit: of the samples as the file writes it, or None;
    note: what else a reader of the answer is told, such as that the file was cut short.
    """

    samples: Float32Array
    sample_rate_hz: float | None = None
    channel_names: Sequence[str] = ()
    unit: str | None = None
    note: str | None = None


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


def check_channel_count(count: int, field: str = "signal") -> None:
    """Check a number of channels before anything is made of each.

    Raises:
        SignalShapeError: there are more than one recording may have.
    """
    if count > MOST_CHANNELS:
        raise SignalShapeError(
            f"The recording has more than {MOST_CHANNELS} channels: samples may stand where channels belong.",
            field=field,
        )


def check_batch_size(count: int, most: int) -> None:
    """Check how many recordings a batch has before anything is made of each.

    Raises:
        BatchTooLargeError: more than `most`.
    """
    if count > most:
        raise BatchTooLargeError(f"The batch has {count} recordings; the limit is {most}.")


def select_channels(recording: Recording, channels: int, wanted: str | None) -> Float32Array:
    """Return the rows a model of so many channels takes, float32 [channels, N].

    Args:
        recording: samples [C, N].
        channels: what the model takes.
        wanted: a channel's name or its number from 0, for a model of one channel.

    Raises:
        SignalShapeError: the count does not fit and no channel is chosen, or there is no such channel.
    """
    samples, names = recording.samples, recording.channel_names
    if wanted is not None:
        row = names.index(wanted) if wanted in names else _row_number(wanted, recording)
        samples = samples[row : row + 1]
    if len(samples) != channels:
        raise SignalShapeError(
            f"The recording has {len(samples)} channels ({_first_names(recording)}); the model takes {channels}."
            + (" Choose one with `channel`." if channels == 1 else ""),
        )
    return samples


def _row_number(wanted: str, recording: Recording) -> int:
    if wanted.isdecimal() and len(wanted) <= _MOST_DIGITS and int(wanted) < len(recording.samples):
        return int(wanted)
    raise SignalShapeError(
        f"There is no channel {wanted[:40]!r}; there are {_first_names(recording)}.", field="channel"
    )


def _first_names(recording: Recording) -> str:
    names = recording.channel_names or range(len(recording.samples))
    return ", ".join(str(name)[:40] for name in names[:8])


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
