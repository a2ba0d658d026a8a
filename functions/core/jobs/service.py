"""The service of jobs: its table, files and queue, and the operations that need several of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from functions.core.aws.dynamodb import ConditionFailedError
from functions.core.errors import NotConfiguredError
from functions.core.jobs.files import JobFiles
from functions.core.jobs.job import Job, Reason
from functions.core.jobs.messages import JobQueue, Notify, PlannedRecording
from functions.core.jobs.plan import dispatch, read_plan
from functions.core.jobs.quota import Quota
from functions.core.jobs.states import State
from functions.core.jobs.table import JobTable
from functions.core.observability.telemetry import LOGGER
from functions.core.settings import Settings


@dataclass(frozen=True)
class JobService:
    """Table, files and queue of jobs, and the operations that need several of them."""

    table: JobTable
    files: JobFiles
    queue: JobQueue
    settings: Settings
    clock: Callable[[], float] = time.time

    def dispatch(self, job: Job, recordings: list[PlannedRecording] | None = None) -> Job:
        """Queue a job's parts; raises DependencyUnavailableError."""
        planned = read_plan(self.files, job.job_id) if recordings is None else recordings
        return dispatch(job, planned, self.settings.jobs_chunk, queue=self.queue, table=self.table)

    def close(self, job: Job, state: State, reason: Reason | None = None) -> Job:
        """Set a job's final state, once, and queue the call of its webhook.

        Returns:
            The job as it is then: in another final state where another writer was first.

        Raises:
            DependencyUnavailableError: the table or the queue cannot be reached.
        """
        try:
            closed = self.table.finish(job, state, reason)
        except ConditionFailedError:
            return self.table.get(job.job_id) or job
        LOGGER.info("job finished", extra={"job_id": job.job_id, "state": state, "reason": reason})
        if closed.webhook_state == "pending":
            self.queue.send([Notify(job.job_id)])
        return closed

    def fail_overdue(self, job: Job) -> Job:
        """Return a job, failed first where its deadline is over; raises as `close`."""
        if job.is_final or self.clock() < job.deadline_s:
            return job
        return self.close(job, "failed", "timed_out")


def create_service(settings: Settings, clock: Callable[[], float] = time.time) -> JobService:
    """Return the service that the settings name; the clock gives epoch seconds.

    Raises:
        NotConfiguredError: table, bucket or queue is not set.
    """
    if not (settings.jobs_table and settings.jobs_bucket and settings.jobs_queue_url):
        raise NotConfiguredError("There are no jobs here: their table, bucket or queue is not configured.")
    quota = Quota(settings.jobs_max_active, settings.jobs_max_daily_recordings)
    return JobService(
        JobTable(settings.jobs_table, quota, clock),
        JobFiles(settings.jobs_bucket),
        JobQueue(settings.jobs_queue_url),
        settings,
        clock,
    )
