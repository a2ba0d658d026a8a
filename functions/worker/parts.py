"""Work on one part of a job: its recordings are diagnosed and stored, and the part is counted exactly once.

The order of the steps ensures that. An attempt stores its results under a name of its own; one conditional write then
counts the part and names the attempt that counts; what follows (history, the end of the job) is derived from that
attempt's results and may be repeated. So a worker may crash between any two steps, and two may work on one part.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from functions.core.assets.history import History, Observation, by_asset
from functions.core.aws.dynamodb import ConditionFailedError
from functions.core.errors import PalierError
from functions.core.jobs.files import RESULTS_MEDIA_TYPES, part_key
from functions.core.jobs.job import DIVIDED, Job
from functions.core.jobs.messages import Part
from functions.core.jobs.results import RecordingResult, read_part, write_lines
from functions.core.jobs.service import JobService
from functions.core.jobs.states import verdict
from functions.core.observability.telemetry import LOGGER
from functions.worker.assembly import assemble
from functions.worker.recordings import RecordingReader, lost_result

# How often a job's state is read while its recordings are diagnosed: it may be cancelled.
_LOOK_EVERY_S = 1.0


class PartPutAsideError(PalierError):
    """A recording that crashes the worker: its job goes on without it, its message goes to the dead-letter queue."""

    code = "part_put_aside"


@dataclass(frozen=True)
class PartWorker:
    """The work on a part of a job."""

    service: JobService
    reader: RecordingReader
    history: History | None

    def work(self, part: Part, receives: int) -> None:
        """Do the work of a part that is still left.

        Args:
            part: the message.
            receives: how often the queue has delivered it.

        Raises:
            PartPutAsideError: it is a single recording that crashed the worker too often; it is counted as failed.
            PalierError: a dependency is not available; the message is to be tried again.
        """
        job = self.service.table.get(part.job_id)
        if job is None:
            LOGGER.warning("a message of a job that is gone", extra={"job_id": part.job_id})
            return
        job = self.service.fail_overdue(job)
        if part.span.key in job.parts or job.is_final:
            self._follow_up(job, part)
            return
        self._begin(job, part, receives)

    def _begin(self, job: Job, part: Part, receives: int) -> None:
        try:
            job = self.service.table.begin(job)
            if receives > 1 and len(part.recordings) > 1:
                # Something ended the first attempt: each recording gets attempts of its own.
                self._follow_up(self.service.table.divide(job, part.span), part)
                return
        except ConditionFailedError:
            self._look_again(part)
            return
        if len(part.recordings) > 1:
            self._attempt(job, part)
        else:
            self._attempt_single(job, part, receives)

    def _attempt(self, job: Job, part: Part) -> None:
        results = list(self._until_final(job, part))
        if len(results) == len(part.recordings):
            self._count(job, part, results)

    def _attempt_single(self, job: Job, part: Part, receives: int) -> None:
        """Attempt a single recording; where attempts at it keep crashing the worker, count it as failed instead.

        An attempt that fails with an error is not counted as a crash: a service that is not available is no fault of
        the recording.
        """
        most = self.service.settings.jobs_max_receives
        if receives >= most and job.tries.get(part.span.key, 0) >= most - 1:
            self._count(job, part, [lost_result(job.job_id, part.recordings[0])])
            raise PartPutAsideError(f"The recording {part.recordings[0].index} of job {job.job_id} ends the worker.")
        job = self.service.table.note_try(job, part.span, 1)
        try:
            self._attempt(job, part)
        except PalierError:
            self.service.table.note_try(job, part.span, -1)
            raise

    def _until_final(self, job: Job, part: Part) -> Iterator[RecordingResult]:
        """Yield results as long as the job runs."""
        looked = self.service.clock()
        for result in self.reader.results(job.job_id, part.recordings, job.parsed_options()):
            yield result
            now = self.service.clock()
            if abs(now - looked) >= _LOOK_EVERY_S:
                looked, current = now, self.service.table.get(job.job_id)
                if current is None or self.service.fail_overdue(current).is_final:
                    return

    def _count(self, job: Job, part: Part, results: list[RecordingResult]) -> None:
        attempt, failed = secrets.token_hex(4), sum(result.state == "failed" for result in results)
        key = part_key(job.job_id, part.span, attempt)
        self.service.files.put(key, write_lines(results), RESULTS_MEDIA_TYPES["jsonl"])
        try:
            job = self.service.table.count(job, part.span, attempt, done=len(results) - failed, failed=failed)
        except ConditionFailedError:
            self._look_again(part)
            return
        self._follow_up(job, part, results)

    def _look_again(self, part: Part) -> None:
        """Read the job again, after another worker counted or divided the part or ended the job, and follow up."""
        job = self.service.table.get(part.job_id)
        if job is not None:
            self._follow_up(job, part)

    def _follow_up(self, job: Job, part: Part, results: list[RecordingResult] | None = None) -> None:
        """Do what follows when a part was counted or divided; doing it again changes nothing."""
        attempt = job.parts.get(part.span.key)
        if attempt == DIVIDED:
            if not job.is_final:
                self.service.queue.send(part.singles())
            return
        if attempt is None:
            return
        self._remember(read_part(self.service.files, job, part.span) if results is None else results)
        if job.is_complete and not job.is_final:
            assemble(self.service.files, job)
            self.service.close(job, verdict(job.done, job.failed))

    def _remember(self, results: list[RecordingResult]) -> None:
        if self.history is None:
            return
        for together in by_asset(filter(None, map(_observation, results))):
            self.history.record(together)


def _observation(result: RecordingResult) -> Observation | None:
    answer = result.diagnosis
    if answer is None or answer.asset_id is None:
        return None
    recorded = result.recorded_at or answer.timestamp
    return Observation(answer.request_id, answer.asset_id, recorded.timestamp(), answer)
