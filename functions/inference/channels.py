"""`channel=all`: every channel of one recording, diagnosed as a batch, and which of them is worst.

Loaded at the first request that asks for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from functions.core.assets.condition import AlertRule
from functions.core.errors import InvalidOptionError, PalierError
from functions.core.http.answers import Answer
from functions.core.models.diagnosis import Diagnosis
from functions.core.models.flow import Flow
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser
from functions.core.preprocessing.signal import Recording, check_batch_size
from functions.inference.schemas import BatchAnswer


class WorstChannel(Answer, frozen=True, kw_only=True):
    """The channel whose diagnosis is least healthy."""

    index: Annotated[int, Meta(description="Its place in `predictions`.")]
    channel: Annotated[str, Meta(description="Its name, or its number from 0 where the file names none.")]


class ChannelsAnswer(BatchAnswer, frozen=True, kw_only=True):
    """The diagnoses of a recording's channels, in the order of the file, and the worst of them."""

    channels: Annotated[list[str], Meta(description="Names of the channels, or their numbers from 0.")]
    worst: WorstChannel

    @classmethod
    def of_channels(
        cls, recordings: Sequence[Recording], diagnoses: list[Diagnosis], options: DiagnosisOptions, request_id: str
    ) -> Self:
        """Shape the diagnoses of a recording's channels."""
        names = [recording.channel_names[0] for recording in recordings]
        worst = worst_of(diagnoses)
        batch = BatchAnswer.of(diagnoses, options, request_id)
        return cls(
            **msgspec.structs.asdict(batch), channels=names, worst=WorstChannel(index=worst, channel=names[worst])
        )


def each_channel(recording: Recording, most: int) -> list[Recording]:
    """Return the channels of a recording [C, N] as C recordings [1, N], each with its name.

    Args:
        recording: of any number of channels.
        most: channels that are taken.

    Raises:
        BatchTooLargeError: there are more.
    """
    count = len(recording.samples)
    check_batch_size(count, most)
    names = recording.channel_names or [str(row) for row in range(count)]
    return [
        replace(recording, samples=recording.samples[row : row + 1], channel_names=(names[row],))
        for row in range(count)
    ]


def diagnosing_channels(
    diagnoser: Diagnoser, channels: Sequence[Recording], options: DiagnosisOptions
) -> Flow[list[Diagnosis]]:
    """Diagnose the channels of one recording together, as a flow.

    Raises:
        InvalidOptionError: the model takes several channels at once.
        PalierError: as `Diagnoser.diagnosing_batch`; the sentence names the channel.
    """
    taken = diagnoser.load(options).manifest.input.channels
    if taken != 1:
        raise InvalidOptionError(
            f"channel=all diagnoses channel by channel; the model takes {taken} channels at once: leave `channel` out.",
            field="channel",
        )
    try:
        return (yield from diagnoser.diagnosing_batch(channels, msgspec.structs.replace(options, channel=None)))
    except PalierError as error:
        _name_channel(error, channels)
        raise


def worst_of(diagnoses: Sequence[Diagnosis]) -> int:
    """Return the place of the diagnosis that leaves the least probability to the healthy classes, first of equals."""
    return min(range(len(diagnoses)), key=lambda place: _health(diagnoses[place]))


def _health(diagnosis: Diagnosis) -> float:
    healthy = [label.id in AlertRule().healthy for label in diagnosis.manifest.classes]
    return float(diagnosis.probabilities[healthy].sum()) if any(healthy) else -diagnosis.confidence


def _name_channel(error: PalierError, channels: Sequence[Recording]) -> None:
    """Make an error of a recording in a batch one of the channel that it is."""
    field = error.field or ""
    if field.startswith("signals["):
        name = channels[int(field[len("signals[") : -1])].channel_names[0]
        error.field = "signal"
        error.args = (f"Channel {name[:40]!r}: {error.message} Choose another with `channel`.",)
