"""`palier diagnose`: files in, diagnoses out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from build_scripts.palier_cli.files.recordings import FileChoice, Read, read_recording
from build_scripts.palier_cli.readers.reader import FileReader
from build_scripts.palier_cli.remote import ask_endpoint
from functions.core.errors import PalierError
from functions.core.http.diagnosis_answer import ChannelsAnswer, DiagnosisAnswer
from functions.core.models.channels import diagnosing_channels
from functions.core.models.flow import run_flow
from functions.core.models.options import ALL_CHANNELS, SHAFT_SPEED, DiagnosisOptions
from functions.core.models.pipeline import create_diagnoser
from functions.core.preprocessing.severity import unit_of
from functions.core.preprocessing.signal import (
    RateRange,
    Recording,
    Unit,
    channel_name,
    channel_unit,
    join_notes,
    name_of_row,
    sample_rate,
    select_channels,
    units_of_rows,
)
from functions.core.preprocessing.units import known_unit
from functions.core.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """The outcome of one file: an answer as /predict gives it, of every channel or of one, or the error."""

    file: str
    answer: dict[str, Any] | None
    error: PalierError | None

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as one JSON object."""
        if self.error is not None:
            return {"file": self.file, "error": self.error.message, "code": self.error.code}
        return {"file": self.file} | (self.answer or {})


class UnreadableFileError(PalierError):
    """A file that cannot be opened."""

    code = "file_unreadable"


# The endpoint has limits of its own.
ANY_RATE = RateRange(0.0, math.inf)

Ask = Callable[[Recording, DiagnosisOptions], dict[str, Any]]


def diagnose_files(
    files: Sequence[Path],
    options: DiagnosisOptions,
    ask: Ask,
    choice: FileChoice = FileChoice(),  # noqa: B008 - frozen
) -> list[Outcome]:
    """Diagnose files one by one; a file that cannot be read stops no other."""
    with FileReader() as reader:
        return [_diagnose_file(path, options, ask, choice, reader.read) for path in files]


def embedded(settings: Settings) -> Ask:
    """Return a function that diagnoses a recording by the engine in this process."""
    diagnoser = create_diagnoser(settings)

    def ask(recording: Recording, options: DiagnosisOptions) -> dict[str, Any]:
        answer: DiagnosisAnswer | ChannelsAnswer
        if options.channel == ALL_CHANNELS:
            found = run_flow(diagnosing_channels(diagnoser, recording, options))
            answer = ChannelsAnswer.of_channels(found, options, request_id="local")
        else:
            answer = DiagnosisAnswer.of(diagnoser.diagnose(recording, options), options, request_id="local")
        content: dict[str, Any] = msgspec.to_builtins(answer)
        return content

    return ask


def remote(url: str, key: str | None, auth: httpx.Auth | None = None) -> Ask:
    """Return a function that diagnoses a recording by a deployed endpoint; one channel is chosen here.

    Statements of the file become options of the request; the answer names their source.
    """

    def ask(recording: Recording, options: DiagnosisOptions) -> dict[str, Any]:
        is_each = options.channel == ALL_CHANNELS
        wanted = None if is_each else options.channel
        samples = recording.samples if wanted is None else select_channels(recording, 1, wanted)
        rate = sample_rate(options.sample_rate_hz, recording.sample_rate_hz, 0.0, ANY_RATE)
        in_file = units_of_rows(recording) if is_each else [channel_unit(recording, wanted)]
        units = [unit_of(options.unit, one) for one in in_file]
        sent = _sent_unit(units)
        asked = msgspec.structs.replace(
            options, sample_rate_hz=rate.hz or None, unit=sent, channel=ALL_CHANNELS if is_each else None
        )
        answer = ask_endpoint(url, key, samples, asked, auth)
        source = {"sample_rate_source": rate.source}
        found = [source | {"unit": unit, "note": join_notes(recording.note, _unsent(unit, sent))} for unit in units]
        if is_each:
            return _with_names(answer, recording, found)
        _state(answer["recording"], found[0])
        if answer["recording"]["channel"] is not None:
            answer["recording"]["channel"] = channel_name(recording, wanted)
        return answer

    return ask


def _sent_unit(units: Sequence[str | None]) -> Unit | None:
    """Return the unit that the endpoint gets: the one of all channels, where it is one that the option takes."""
    common = units[0] if len({*units}) == 1 else None
    return None if common is None else known_unit(common)


def _unsent(unit: str | None, sent: Unit | None) -> str | None:
    """Return the note of a channel whose unit the endpoint did not get; None where it did, or there is none."""
    if unit is None or unit == sent:
        return None
    return (
        f"The samples are in {unit}, which was not sent: they reached the endpoint's model as they are, and its answer"
        f" is right only where the model takes {unit} or any unit."
    )


def _with_names(answer: dict[str, Any], recording: Recording, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return an answer of every channel with the file's names, which an npy cannot hold, and what was found there."""
    of_rows = [name_of_row(recording, row) for row in range(len(recording.samples))]
    unusable = [one | {"channel": of_rows[one["index"]]} for one in answer.get("unusable", ())]
    left_out = {one["index"] for one in unusable}
    rows = [row for row in range(len(of_rows)) if row not in left_out]
    names = [of_rows[row] for row in rows]
    for one, row in zip(answer["predictions"], rows, strict=True):
        _state(one["recording"], found[row] | {"channel": of_rows[row]})
    worst = answer["worst"]["index"]
    named = {"channels": names, "worst": {"index": worst, "channel": names[worst]}}
    return answer | named | ({"unusable": unusable} if unusable else {})


def _state(measured: dict[str, Any], found: dict[str, Any]) -> None:
    """Write what was found in a file into an answer's `recording`, its note before the service's."""
    note = join_notes(found["note"], measured.pop("note", None))
    measured.update(found | {"note": note})
    if note is None:
        del measured["note"]


def _diagnose_file(path: Path, options: DiagnosisOptions, ask: Ask, choice: FileChoice, read: Read) -> Outcome:
    try:
        recording = read_recording(path, choice, options, read=read)
        return Outcome(str(path), ask(recording, with_speed(options, recording.shaft_speed_rpm)), None)
    except OSError as error:
        return Outcome(str(path), None, UnreadableFileError(f"It cannot be opened: {error.strerror or error}."))
    except PalierError as error:
        return Outcome(str(path), None, error)


def with_speed(options: DiagnosisOptions, stated_rpm: float | None) -> DiagnosisOptions:
    """Return options with the speed of the shaft that the file states, where none is given."""
    if stated_rpm is None or options.shaft_speed_rpm is not None or SHAFT_SPEED in options.conditions:
        return options
    return msgspec.structs.replace(options, shaft_speed_rpm=stated_rpm)
