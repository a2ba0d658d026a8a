"""A recording in the serve flow: its samples, channels and sample rate, and the checks before a diagnosis."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec import Struct

from functions.core.errors import (
    BatchTooLargeError,
    SampleRateContradictsError,
    SampleRateError,
    SignalConstantError,
    SignalNotFiniteError,
    SignalShapeError,
)
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.clipping import extremes, is_clipped

# Of one recording, in every format. Source: libsndfile, SF_MAX_CHANNELS.
MOST_CHANNELS = 1024
# Units of samples from which the velocity of a vibration can be computed.
Unit = Literal["g", "m/s2", "mm/s"]
# Where a sample rate is stated; `assumed`: nowhere, it is the model's own.
RateSource = Literal["option", "file", "assumed"]
# Relative difference up to which two rates count as one: oscillators drift, and time columns are rounded.
RATE_TOLERANCE = 0.005
# The largest magnitude of a sample: float32 holds the squares of such samples, which spectra and figures need.
LARGEST_SAMPLE = 1e19
# A channel's number has at most so many digits: Python refuses to read one of thousands.
_MOST_DIGITS = 9


class Recording(Struct, frozen=True):
    """A decoded body, not yet checked.

    samples: float32 [C, N]; sample_rate_hz: as the file states it, or None;
    channel_names: one a row where the file names them; unit: of all samples as the file writes it, or None;
    shaft_speed_rpm: as the file states it, or None; note: what else the answer reports of the file, such as that it
    was cut short; channel_units: one a row, where they differ.
    """

    samples: Float32Array
    sample_rate_hz: float | None = None
    channel_names: Sequence[str] = ()
    unit: str | None = None
    shaft_speed_rpm: float | None = None
    note: str | None = None
    channel_units: Sequence[str | None] = ()


def join_notes(*notes: str | None) -> str | None:
    """Return the notes of a recording that there are as one text, None where there is none."""
    return " ".join(filter(None, notes)) or None


class Signal(Struct, frozen=True):
    """A recording that can be diagnosed: samples float32 [C, N], finite and not constant.

    clipped: it was cut off at the range of its sensor or recorder; extremes: the indices of the highest and the lowest
    sample of each channel.
    """

    samples: Float32Array
    clipped: bool
    extremes: Sequence[tuple[int, int]]


class RateRange(Struct, frozen=True):
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


class SampleRate(Struct, frozen=True):
    """The sample rate of a recording, and where it is stated."""

    hz: float
    source: RateSource


def sample_rate(stated_hz: float | None, in_file_hz: float | None, assumed_hz: float, rates: RateRange) -> SampleRate:
    """Return the sample rate of a recording: the caller's, else the file's, else the one that is assumed.

    Raises:
        SampleRateError: it is outside the range.
        SampleRateContradictsError: caller and file state two.
    """
    if stated_hz is not None:
        rate_hz = rates.check(stated_hz)
        if in_file_hz is not None and not abs(stated_hz - in_file_hz) <= RATE_TOLERANCE * in_file_hz:
            raise SampleRateContradictsError(
                f"`sample_rate_hz` is {stated_hz:g} Hz, but the file states {in_file_hz:g} Hz: leave the option out, or"
                " correct the file."
            )
        return SampleRate(rate_hz, "option")
    if in_file_hz is not None:
        return SampleRate(rates.check(in_file_hz), "file")
    return SampleRate(assumed_hz, "assumed")


def check_channel_count(count: int, field: str = "signal") -> None:
    """Check the number of channels of a recording, before any channel is built.

    Raises:
        SignalShapeError: there are more than one recording may have.
    """
    if count > MOST_CHANNELS:
        raise SignalShapeError(
            f"The recording has more than {MOST_CHANNELS} channels: samples may stand where channels belong.",
            field=field,
        )


def check_batch_size(count: int, most: int) -> None:
    """Check the number of recordings of a batch, before any recording is built.

    Raises:
        BatchTooLargeError: more than `most`.
    """
    if count > most:
        raise BatchTooLargeError(f"The batch has {count} recordings; the limit is {most}.")


def select_channels(recording: Recording, channels: int, wanted: str | None) -> Float32Array:
    """Return the channels that a model takes, float32 [channels, N].

    Args:
        recording: samples [C, N].
        channels: how many the model takes.
        wanted: a channel's name or its number from 0, for a model of one channel.

    Raises:
        SignalShapeError: the count does not fit and no channel is chosen, or there is no such channel.
    """
    samples = recording.samples
    if wanted is not None:
        row = row_of(wanted, recording)
        samples = samples[row : row + 1]
    if len(samples) != channels:
        raise SignalShapeError(
            f"The recording has {len(samples)} channels ({_first_names(recording)}); the model takes {channels}."
            + (" Choose one with `channel`." if channels == 1 else ""),
        )
    return samples


def channel_name(recording: Recording, wanted: str | None) -> str:
    """Return the name of the one channel that is diagnosed; its number, from 0, where the file names none.

    Args:
        recording: samples [C, N], one of which `select_channels` has taken.
        wanted: as `select_channels`.
    """
    return name_of_row(recording, 0 if wanted is None else row_of(wanted, recording))


def name_of_row(recording: Recording, row: int) -> str:
    """Return the name of a channel by its row; its number where the file names none."""
    return recording.channel_names[row] if row < len(recording.channel_names) else str(row)


def channel_unit(recording: Recording, wanted: str | None) -> str | None:
    """Return the unit of the channel that is diagnosed, as the file writes it; arguments as `channel_name`."""
    if not recording.channel_units or (wanted is None and len(recording.samples) > 1):
        return recording.unit
    return recording.channel_units[0 if wanted is None else row_of(wanted, recording)]


def units_of_rows(recording: Recording) -> list[str | None]:
    """Return the unit of each row of a recording, as the file writes it."""
    return list(recording.channel_units) or [recording.unit] * len(recording.samples)


def row_of(wanted: str, recording: Recording) -> int:
    """Return the row of a channel by its name, or by its number from 0.

    Raises:
        SignalShapeError: there is none, or several have the name.
    """
    names = list(recording.channel_names)
    if names.count(wanted) > 1:
        rows = ", ".join(str(row) for row, name in enumerate(names) if name == wanted)[:40]
        raise SignalShapeError(
            f"Several channels are called {wanted[:40]!r}: choose one by its number, {rows}.", field="channel"
        )
    if wanted in names:
        return names.index(wanted)
    # Where every name is a number, that of a column, a number is a name.
    is_numbered = len(names) == len(recording.samples) and all(name.isdecimal() for name in names)
    is_number = wanted.isdecimal() and len(wanted) <= _MOST_DIGITS and not is_numbered
    if is_number and int(wanted) < len(recording.samples):
        return int(wanted)
    raise SignalShapeError(
        f"There is no channel {wanted[:40]!r}; the channels are: {_first_names(recording)}.", field="channel"
    )


def _first_names(recording: Recording) -> str:
    names = recording.channel_names or range(len(recording.samples))
    return ", ".join(str(name)[:40] for name in names[:8])


def check_samples(samples: Float32Array) -> Signal:
    """Return samples float32 [C, N] as a signal: finite, of a size that can be squared, not constant in any channel.

    Raises:
        SignalNotFiniteError: NaN or infinity, or a value too large to compute with.
        SignalConstantError: a channel has one value only.
    """
    if not samples.size:
        return Signal(samples, False, ())
    found = [extremes(row) for row in samples]
    ranges = [(row.item(highest), row.item(lowest)) for row, (highest, lowest) in zip(samples, found, strict=True)]
    for channel, (highest, lowest) in enumerate(ranges):
        # The extremes of a row with NaN are NaN.
        if not -LARGEST_SAMPLE <= lowest <= highest <= LARGEST_SAMPLE:
            raise _not_finite(samples[channel], channel)
    if any(highest == lowest for highest, lowest in ranges):
        raise SignalConstantError("The signal is constant: the sensor may be dead or unplugged.")
    return Signal(samples, any(is_clipped(row, *one) for row, one in zip(samples, found, strict=True)), found)


def _not_finite(row: Float32Array, channel: int) -> SignalNotFiniteError:
    """Return the error of a channel, float32 [N], that has a sample which nothing can be computed of."""
    finite = np.isfinite(row)
    if not finite.all():
        index = int(finite.argmin())
        return SignalNotFiniteError(f"The signal has NaN or infinity, first at sample {index} of channel {channel}.")
    index = int(np.abs(row).argmax())
    return SignalNotFiniteError(
        f"The signal has the value {row[index]:.3g} at sample {index} of channel {channel}, too large to compute with:"
        " check the type, the byte order and the scale of its samples."
    )
