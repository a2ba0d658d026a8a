"""Reconciliation of a job: repair after a crash, from before the job is created until its webhook was called."""

from functions.core.aws.dynamodb import ConditionFailedError
from functions.core.jobs.files import submission_keys
from functions.core.jobs.job import Job
from functions.core.jobs.messages import MOST_DELAY_S, Notify, Reconcile
from functions.core.jobs.service import JobService
from functions.core.jobs.states import verdict
from functions.core.observability.telemetry import LOGGER
from functions.worker.assembly import assemble


def reconcile(service: JobService, message: Reconcile) -> None:
    """Complete or remove what a crash has left of a job, and check again later.

    Raises:
        PalierError: a dependency is not available; the message is to be tried again.
    """
    job = service.table.get(message.job_id) or _give_up(service, message.job_id)
    if job is None:
        return
    job = _put_right(service, service.fail_overdue(job))
    if not job.is_final:
        left_s = job.deadline_s - service.clock()
        service.queue.send([message], min(max(left_s, 1), MOST_DELAY_S))


def _give_up(service: JobService, job_id: str) -> Job | None:
    """Remove the files of a submission that created no job; return the job if it was created meanwhile."""
    try:
        service.table.give_up(job_id)
    except ConditionFailedError:
        # The job exists after all, or has expired.
        return service.table.get(job_id)
    service.files.remove(*submission_keys(job_id))
    return None


def _put_right(service: JobService, job: Job) -> Job:
    if job.is_final:
        if job.webhook_state == "pending":
            service.queue.send([Notify(job.job_id)])
        return job
    if job.is_complete:
        assemble(service.files, job)
        return service.close(job, verdict(job.done, job.failed))
    if not job.dispatched and not job.waiting:
        LOGGER.warning("a job was never dispatched", extra={"job_id": job.job_id})
        return service.dispatch(job)
    return job
