"""The endpoints of jobs: submit, start, list, inspect, cancel, results."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from functions.core.decoding.formats import JSON, media_type
from functions.core.errors import JobInvalidError, JobNotFoundError, JobStateError
from functions.core.http.answers import Answer
from functions.core.http.bodies import SentBody, read_body
from functions.core.http.workers import Workers
from functions.core.jobs.files import DOWNLOAD_EXPIRES_S, RESULTS_MEDIA_TYPES, results_key
from functions.core.jobs.job import Job
from functions.core.jobs.results import read_page
from functions.core.jobs.service import JobService, create_service
from functions.core.settings import Settings
from functions.jobs.job_creation import Submitter, identify
from functions.jobs.queries import LARGEST_INDEX, LARGEST_PAGE, check_names, choice, cursor, whole_number
from functions.jobs.queue_depth import QueueDepth
from functions.jobs.schemas import DownloadAnswer, JobAnswer, JobsAnswer, ResultsAnswer, SubmittedAnswer
from functions.jobs.submission import read_submission

# The owner of jobs where no API keys are required.
EVERYBODY = "everybody"
_JOB_ID = re.compile(r"[0-9a-f]{32}")
IDEMPOTENCY_KEY = r"[\x21-\x7e]{1,128}"
JOB_CURSOR = r"[0-9TZ.:-]{27}~[0-9a-f]{32}"


@dataclass(frozen=True)
class JobEndpoints:
    """The endpoints of jobs, bound to the settings and workers that they use; calls of AWS run in worker threads."""

    settings: Settings
    workers: Workers

    @cached_property
    def service(self) -> JobService:
        """The service of jobs; raises NotConfiguredError where there is none."""
        return create_service(self.settings)

    @cached_property
    def depth(self) -> QueueDepth:
        """The depth of the queue."""
        return QueueDepth(self.settings.jobs_queue_url, self.settings.jobs_dead_letter_queue_url)

    async def submit(self, request: Request) -> Response:
        """POST /jobs: submit a job, with its recordings, uploads to come, or a prefix."""
        media_type(request.headers.get("content-type"), (JSON,))
        check_names(request.query_params)
        chosen = _idempotency_key(request)
        with self.workers.place():
            body = await read_body(request, self.settings.max_body_bytes)
        return await self._answer(lambda: self._submit(owner_of(request), body, chosen), HTTPStatus.ACCEPTED)

    async def start(self, request: Request) -> Response:
        """POST /jobs/{job_id}/start: start a job whose uploads are complete."""
        return await self._answer(lambda: self._shape(Submitter(self.service).start(self._owned(request))))

    async def jobs(self, request: Request) -> Response:
        """GET /jobs: the key's jobs, newest first."""
        query = request.query_params
        check_names(query, "limit", "cursor")
        limit, place = whole_number(query, "limit", 50, (1, LARGEST_PAGE)), cursor(query, JOB_CURSOR)
        return await self._answer(lambda: self._page(owner_of(request), limit, place))

    async def job(self, request: Request) -> Response:
        """GET /jobs/{job_id}: state, counts, progress, time left."""
        return await self._answer(lambda: self._shape(self._owned(request)))

    async def cancel(self, request: Request) -> Response:
        """DELETE /jobs/{job_id}: cancel a job."""
        return await self._answer(lambda: self._shape(self._cancelled(self._owned(request))))

    async def results(self, request: Request) -> Response:
        """GET /jobs/{job_id}/results: a page of results, or a URL to download all."""
        query = request.query_params
        check_names(query, "limit", "cursor", "download")
        kind = choice(query, "download", None, tuple(RESULTS_MEDIA_TYPES))
        if kind is not None:
            return await self._answer(lambda: self._download(self._owned(request), kind))
        limit = whole_number(query, "limit", 100, (1, LARGEST_PAGE))
        first = whole_number(query, "cursor", 0, (0, LARGEST_INDEX))
        return await self._answer(lambda: self._results(self._owned(request), first, limit))

    async def _answer(self, work: Callable[[], Answer], status: int = 200) -> Response:
        answer = await self.workers.run(work)
        return Response(msgspec.json.encode(answer), status, media_type=JSON)

    def _submit(self, owner: str, sent: SentBody, chosen: str | None) -> SubmittedAnswer:
        body = sent.unpacked()
        submitted = identify(chosen, body) if chosen else None
        submission = read_submission(body, self.settings.jobs_max_recordings)
        job, uploads = Submitter(self.service).submit(owner, submission, submitted)
        return SubmittedAnswer.made(job, uploads, self.service.clock())

    def _owned(self, request: Request) -> Job:
        job_id = request.path_params["job_id"]
        if not _JOB_ID.fullmatch(job_id):
            raise JobNotFoundError(f"There is no job {job_id[:64]!r}.")
        return self.service.fail_overdue(self.service.table.owned(job_id, owner_of(request)))

    def _cancelled(self, job: Job) -> Job:
        job = self.service.close(job, "cancelled")
        if job.state != "cancelled":
            raise JobStateError(f"The job is {job.state} already; it cannot be cancelled.")
        return job

    def _shape(self, job: Job) -> JobAnswer:
        return JobAnswer.of(job, self.service.clock())

    def _page(self, owner: str, limit: int, place: str | None) -> JobsAnswer:
        page = self.service.table.page(owner, limit, place)
        jobs = [self._shape(job) for job in page.jobs]
        return JobsAnswer(jobs=jobs, next_cursor=page.cursor, queue=self.depth.read())

    def _results(self, job: Job, first: int, limit: int) -> ResultsAnswer:
        page = read_page(self.service.files, job, first, limit)
        return ResultsAnswer(state=job.state, results=page.results, next_cursor=page.cursor)

    def _download(self, job: Job, kind: str) -> DownloadAnswer:
        if not (job.is_final and job.is_complete):
            raise JobStateError(f"The job is {job.state}: the files are there when all its recordings were tried.")
        expires_at = datetime.fromtimestamp(self.service.clock() + DOWNLOAD_EXPIRES_S, UTC)
        url = self.service.files.offer_download(results_key(job.job_id, kind), f"{job.job_id}.{kind}")
        return DownloadAnswer(url=url, media_type=RESULTS_MEDIA_TYPES[kind], expires_at=expires_at)


def owner_of(request: Request) -> str:
    """Return the owner of a request's jobs: the id of its API key."""
    owner: str = getattr(request.state, "api_key_id", EVERYBODY)
    return owner


def _idempotency_key(request: Request) -> str | None:
    given: str | None = request.headers.get("idempotency-key")
    if given is not None and not re.fullmatch(IDEMPOTENCY_KEY, given):
        raise JobInvalidError("An Idempotency-Key has 1 to 128 printable characters.", field="Idempotency-Key")
    return given
