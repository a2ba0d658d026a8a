"""Diagnosis of every channel of one recording (`channel=all`) as a batch, and the choice of the worst.

Loaded at the first request that asks for it.
"""

from collections.abc import Collection, Sequence

import msgspec

from functions.core.errors import InvalidOptionError, PalierError, SignalConstantError, SignalNotFiniteError
from functions.core.models.diagnosis import ChannelDiagnoses, Diagnosis, UnusableChannel
from functions.core.models.flow import Flow
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser
from functions.core.preprocessing.signal import Recording, check_batch_size, check_samples, name_of_row


def diagnosing_channels(
    diagnoser: Diagnoser, recording: Recording, options: DiagnosisOptions
) -> Flow[ChannelDiagnoses]:
    """Diagnose the channels of one recording together, as a flow.

    Raises:
        BatchTooLargeError: it has more channels than a batch may have recordings.
        InvalidOptionError: the model takes several channels at once.
        PalierError: as `Diagnoser.diagnosing_batch`; the sentence names the channel.
    """
    taken = diagnoser.load(options).manifest.input.channels
    if taken != 1:
        raise InvalidOptionError(
            f"channel=all diagnoses channel by channel; the model takes {taken} channels at once: leave `channel` out.",
            field="channel",
        )
    channels, unusable = usable_channels(each_channel(recording, diagnoser.limits.max_channels))
    names = [one.channel_names[0] for one in channels]
    try:
        diagnoses = yield from diagnoser.diagnosing_batch(channels, msgspec.structs.replace(options, channel=None))
    except PalierError as error:
        _name_channel(error, names)
        raise
    return ChannelDiagnoses(names, diagnoses, worst_of(diagnoses, diagnoser.limits.healthy_classes), unusable)


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
    return [
        msgspec.structs.replace(
            recording,
            samples=recording.samples[row : row + 1],
            channel_names=(name_of_row(recording, row),),
            channel_units=recording.channel_units[row : row + 1],
        )
        for row in range(count)
    ]


def usable_channels(channels: Sequence[Recording]) -> tuple[Sequence[Recording], list[UnusableChannel]]:
    """Return the channels whose sensors live, and the others; where none does, all, to be refused as one would be."""
    unusable: list[UnusableChannel] = []
    for index, one in enumerate(channels):
        try:
            check_samples(one.samples)
        except (SignalConstantError, SignalNotFiniteError) as error:
            unusable.append(UnusableChannel(index, one.channel_names[0], error.code, error.message))
    dead = {one.index for one in unusable}
    usable = [one for index, one in enumerate(channels) if index not in dead]
    return (usable, unusable) if usable else (channels, [])


def worst_of(diagnoses: Sequence[Diagnosis], healthy: Collection[str]) -> int:
    """Return the index of the diagnosis with the least probability of the healthy classes, the first of equals."""
    return min(range(len(diagnoses)), key=lambda place: _health(diagnoses[place], healthy))


def _health(diagnosis: Diagnosis, healthy: Collection[str]) -> float:
    is_healthy = [label.id in healthy for label in diagnosis.manifest.classes]
    return float(diagnosis.probabilities[is_healthy].sum()) if any(is_healthy) else -diagnosis.confidence


def _name_channel(error: PalierError, names: Sequence[str]) -> None:
    """Change an error about a recording of a batch to one about its channel."""
    field = error.field or ""
    if field.startswith("signals["):
        name = names[int(field[len("signals[") : -1])]
        error.field = "signal"
        if len(names) > 1:
            error.args = (f"Channel {name[:40]!r}: {error.message} Choose another with `channel`.",)
