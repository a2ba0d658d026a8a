"""Creation of a job from a submission: once, however often it is submitted, and never half of it.

The order of the steps ensures that. First a message asks to reconcile the job later, which completes or removes what a
crash in between leaves. Then come the files, then one transaction (job, quota, idempotency key), then the messages of
parts, which count nothing. A job over its key's quota is refused before any of it, and the files of a job that was not
created after all are removed.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec
from msgspec.structs import replace

from functions.core.aws.dynamodb import ConditionFailedError
from functions.core.decoding.formats import RAW
from functions.core.decoding.raw import SAMPLE_BYTES
from functions.core.errors import (
    IdempotencyKeyReusedError,
    JobInvalidError,
    JobStateError,
    QuotaExceededError,
    SubmissionTooSlowError,
    UploadsMissingError,
)
from functions.core.jobs.files import JobFiles, Upload, inline_key, submission_keys, uploads_prefix
from functions.core.jobs.job import Job, new_job_id
from functions.core.jobs.messages import PlannedRecording, Reconcile
from functions.core.jobs.plan import read_plan, write_plan
from functions.core.jobs.service import JobService
from functions.core.jobs.table import Submitted
from functions.core.models.options import DiagnosisOptions
from functions.core.settings import DAY_S
from functions.jobs.planning import PlannedJob, plan_job
from functions.jobs.submission import Submission

# By then a submission has created its job; one that has not is given up.
_FIRST_LOOK_S = 60


@dataclass(frozen=True)
class Submitter:
    """Creates jobs, and starts those that wait for uploads."""

    service: JobService

    def submit(self, owner: str, submission: Submission, submitted: Submitted | None) -> tuple[Job, list[Upload]]:
        """Create a job and queue it; return it, and the forms for its uploads.

        Raises:
            PalierError: no job can be made of the submission, or the key has too many.
        """
        known = self.service.table.find(owner, submitted) if submitted else None
        return self._go_on(known or self._make(owner, submission, submitted))

    def start(self, job: Job) -> Job:
        """Start a job whose uploads are there; one that was started already stays as it is.

        Raises:
            UploadsMissingError: some are not uploaded.
            JobInvalidError: a file does not hold as many recordings as was stated.
            JobStateError: the job is final.
        """
        if job.is_final:
            raise JobStateError(f"The job is {job.state} already.")
        if job.waiting:
            planned = _require_uploads(self.service.files, job)
            write_plan(self.service.files, job.job_id, planned)
            try:
                job = self.service.table.release(job)
            except ConditionFailedError:
                raise JobStateError("The job is over or running already.") from None
        return job if job.dispatched else self.service.dispatch(job)

    def _make(self, owner: str, submission: Submission, submitted: Submitted | None) -> Job:
        table, files, job_id = self.service.table, self.service.files, new_job_id()
        planned = plan_job(job_id, owner, submission, files, self.service.settings.jobs_max_recordings)
        table.check_room(owner, len(planned.recordings))
        self._store(job_id, planned)
        try:
            made = table.create(self._job(job_id, owner, submission, planned), submitted)
        except (QuotaExceededError, IdempotencyKeyReusedError, SubmissionTooSlowError):
            # After any other failure the job may exist: reconciliation decides later.
            files.remove(*submission_keys(job_id))
            raise
        if made.job_id != job_id:
            files.remove(*submission_keys(job_id))
        return made

    def _go_on(self, job: Job) -> tuple[Job, list[Upload]]:
        if job.waiting and not job.is_final:
            return job, self._offers(job)
        if not job.dispatched and not job.is_final:
            job = self.service.dispatch(job)
        return job, []

    def _store(self, job_id: str, planned: PlannedJob) -> None:
        self.service.queue.send([Reconcile(job_id)], _FIRST_LOOK_S)
        if planned.inline:
            self.service.files.put(inline_key(job_id), planned.inline, RAW)
        write_plan(self.service.files, job_id, planned.recordings)

    def _job(self, job_id: str, owner: str, submission: Submission, planned: PlannedJob) -> Job:
        now, settings, webhook = self.service.clock(), self.service.settings, submission.webhook
        return Job(
            job_id=job_id,
            owner=owner,
            source=planned.source,
            total=len(planned.recordings),
            created_s=now,
            deadline_s=now + settings.jobs_timeout_s,
            expires_at=int(now) + settings.jobs_timeout_s + settings.jobs_retention_days * DAY_S,
            waiting=planned.source == "uploads",
            options=msgspec.json.encode(dict(submission.options)).decode(),
            webhook_url=webhook.url if webhook else None,
            webhook_secret=webhook.secret if webhook else None,
            webhook_state="pending" if webhook else None,
        )

    def _offers(self, job: Job) -> list[Upload]:
        limit = self.service.settings.jobs_max_recording_bytes
        kinds = {one.key: one.media_type for one in read_plan(self.service.files, job.job_id)}
        return [self.service.files.offer_upload(key, kind, limit) for key, kind in kinds.items()]


def identify(idempotency_key: str, body: bytes) -> Submitted:
    """Return the identity of a submission: hashes of its idempotency key and of its body."""
    return Submitted(hashlib.sha256(idempotency_key.encode()).hexdigest(), hashlib.sha256(body).hexdigest())


def _require_uploads(files: JobFiles, job: Job) -> list[PlannedRecording]:
    """Return the plan with the places of the recordings in the uploaded files.

    Raises:
        UploadsMissingError: some are not uploaded.
        JobInvalidError: a file does not hold as many recordings as was stated.
    """
    planned = read_plan(files, job.job_id)
    shares = Counter(one.key for one in planned)
    sizes = {file.key: file.size_bytes for file in files.below(uploads_prefix(job.job_id), len(shares))}
    missing = [_file_name(key) for key in shares if key not in sizes]
    if missing:
        some = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise UploadsMissingError(f"{len(missing)} of {len(shares)} files are not there yet: {some}.")
    common = job.parsed_options()
    shared = groupby(planned, lambda one: one.key)
    return [placed for key, share in shared for placed in _placed(share, sizes[key], common)]


def _placed(share: Iterable[PlannedRecording], size_bytes: int, common: dict[str, Any]) -> list[PlannedRecording]:
    """Return the recordings that share a file with their places in it."""
    recordings = list(share)
    if len(recordings) == 1:
        return [replace(recordings[0], length=size_bytes)]
    length, rest = divmod(size_bytes, len(recordings))
    sample_format = DiagnosisOptions.parse(common | recordings[0].options).sample_format
    if rest or length % SAMPLE_BYTES[sample_format]:
        raise JobInvalidError(
            f"{_file_name(recordings[0].key)} has {size_bytes} bytes: not {len(recordings)} equally long recordings"
            f" of {sample_format}.",
            field="uploads",
        )
    return [replace(one, offset=place * length, length=length) for place, one in enumerate(recordings)]


def _file_name(key: str) -> str:
    return key.rpartition("/")[2]
