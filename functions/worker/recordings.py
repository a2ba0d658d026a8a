"""Diagnosis of a part's recordings one by one; a bad recording becomes a failed result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core.decoding.formats import decode_file
from functions.core.errors import PalierError, RecordingLostError
from functions.core.http.answers import error_answer
from functions.core.http.diagnosis_answer import ChannelsAnswer, DiagnosisAnswer
from functions.core.jobs.messages import PlannedRecording
from functions.core.jobs.results import RecordingResult
from functions.core.models.flow import run_flow
from functions.core.models.manifest import CONDITIONS
from functions.core.models.options import ALL_CHANNELS, DiagnosisOptions
from functions.core.models.pipeline import Diagnoser
from functions.core.preprocessing.signal import Recording
from functions.worker.fetching import Fetcher


@dataclass(frozen=True)
class RecordingReader:
    """Diagnoses the recordings of jobs as /predict does."""

    fetcher: Fetcher
    diagnoser: Diagnoser

    def results(
        self, job_id: str, recordings: Sequence[PlannedRecording], options: dict[str, Any]
    ) -> Iterator[RecordingResult]:
        """Yield a result for each recording, in order.

        Raises:
            DependencyUnavailableError, ModelUnavailableError: no fault of a recording; the part is to be tried again.
        """
        for planned, content in self.fetcher.fetched(recordings):
            try:
                yield self._diagnose(job_id, planned, content(), _members(options, planned.options))
            except PalierError as error:
                if error.status >= 500:
                    raise
                yield failed_result(job_id, planned, error)

    def _diagnose(
        self, job_id: str, planned: PlannedRecording, content: bytes | memoryview, members: dict[str, Any]
    ) -> RecordingResult:
        options = DiagnosisOptions.parse(members)
        recording = decode_file(content, planned.media_type, options)
        if options.channel == ALL_CHANNELS:
            return self._diagnose_channels(job_id, planned, recording, options)
        diagnosis = self.diagnoser.diagnose(recording, options)
        return RecordingResult(
            index=planned.index,
            name=planned.name,
            state="succeeded",
            diagnosis=DiagnosisAnswer.of(diagnosis, options, result_id(job_id, planned)),
            indicators=diagnosis.recording.indicators,
            recorded_at=options.recorded_at,
        )

    def _diagnose_channels(
        self, job_id: str, planned: PlannedRecording, recording: Recording, options: DiagnosisOptions
    ) -> RecordingResult:
        # Late: few jobs ask for it.
        from functions.core.models.channels import diagnosing_channels

        found = run_flow(diagnosing_channels(self.diagnoser, recording, options))
        channels = ChannelsAnswer.of_channels(found, options, result_id(job_id, planned))
        return RecordingResult(
            index=planned.index,
            name=planned.name,
            state="succeeded",
            # One recording is one reading of the machine: its worst channel.
            diagnosis=channels.of_worst,
            indicators=found.diagnoses[found.worst].recording.indicators,
            recorded_at=options.recorded_at,
            channels=channels,
        )


def _members(of_all: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return the options of one recording: its own before those of the job; conditions are merged by name."""
    conditions = {**of_all.get(CONDITIONS, {}), **own.get(CONDITIONS, {})}
    return of_all | own | ({CONDITIONS: conditions} if conditions else {})


def failed_result(job_id: str, planned: PlannedRecording, error: PalierError) -> RecordingResult:
    """Return the result of a recording that could not be diagnosed."""
    answer = error_answer(error, result_id(job_id, planned))
    return RecordingResult(index=planned.index, name=planned.name, state="failed", error=answer)


def lost_result(job_id: str, planned: PlannedRecording) -> RecordingResult:
    """Return the result of a recording at which the worker crashed at every attempt."""
    return failed_result(
        job_id, planned, RecordingLostError("The worker ended whenever it tried this recording; it is put aside.")
    )


def result_id(job_id: str, planned: PlannedRecording) -> str:
    """Return the id of a recording's diagnosis: the same for every attempt."""
    return f"{job_id}-{planned.index}"
