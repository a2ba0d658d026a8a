"""`palier diagnose`: files in, diagnoses out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from build_scripts.palier_cli.files.recordings import FileChoice, Read, read_recording
from build_scripts.palier_cli.readers.reader import FileReader
from build_scripts.palier_cli.remote import ask_endpoint
from functions.core.errors import PalierError
from functions.core.http.diagnosis_answer import DiagnosisAnswer
from functions.core.models.options import SHAFT_SPEED, DiagnosisOptions
from functions.core.models.pipeline import create_diagnoser
from functions.core.preprocessing.severity import known_unit, unit_of
from functions.core.preprocessing.signal import RateRange, Recording, channel_name, sample_rate, select_channels
from functions.core.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """What became of one file: an answer as /predict gives it, or the reason why there is none."""

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


# The endpoint has its own.
_ANY_RATE = RateRange(0.0, math.inf)

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
    """Return a way of asking the engine in this process."""
    diagnoser = create_diagnoser(settings)

    def ask(recording: Recording, options: DiagnosisOptions) -> dict[str, Any]:
        answer = DiagnosisAnswer.of(diagnoser.diagnose(recording, options), options, request_id="local")
        content: dict[str, Any] = msgspec.to_builtins(answer)
        return content

    return ask


def remote(url: str, key: str | None) -> Ask:
    """Return a way of asking a deployed endpoint; one channel is chosen here, the rest there.

    What the file says becomes options of the request; the answer tells where they come from.
    """

    def ask(recording: Recording, options: DiagnosisOptions) -> dict[str, Any]:
        samples = recording.samples if options.channel is None else select_channels(recording, 1, options.channel)
        rate = sample_rate(options.sample_rate_hz, recording.sample_rate_hz, 0.0, _ANY_RATE)
        unit = unit_of(options.unit, recording.unit)
        asked = msgspec.structs.replace(
            options,
            sample_rate_hz=rate.hz or None,
            unit=None if unit is None else known_unit(unit),
            channel=None,
        )
        answer = ask_endpoint(url, key, samples, asked)
        read = answer["recording"]
        read |= {"sample_rate_source": rate.source, "unit": unit}
        if read["channel"] is not None:
            read["channel"] = channel_name(recording, options.channel)
        return answer

    return ask


def _diagnose_file(path: Path, options: DiagnosisOptions, ask: Ask, choice: FileChoice, read: Read) -> Outcome:
    try:
        recording = read_recording(path, choice, options, read=read)
        return Outcome(str(path), ask(recording, _with_speed(options, recording.shaft_speed_rpm)), None)
    except OSError as error:
        return Outcome(str(path), None, UnreadableFileError(f"It cannot be opened: {error.strerror or error}."))
    except PalierError as error:
        return Outcome(str(path), None, error)


def _with_speed(options: DiagnosisOptions, stated_rpm: float | None) -> DiagnosisOptions:
    """Return options with the speed of the shaft that the file states, where none is given."""
    if stated_rpm is None or options.shaft_speed_rpm is not None or SHAFT_SPEED in options.conditions:
        return options
    return msgspec.structs.replace(options, shaft_speed_rpm=stated_rpm)
