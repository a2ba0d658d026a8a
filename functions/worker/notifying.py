"""When a webhook is called, and when again."""

from functions.core.aws.dynamodb import ConditionFailedError
from functions.core.errors import WebhookRefusedError
from functions.core.jobs.job import Job, WebhookState
from functions.core.jobs.messages import Notify
from functions.core.jobs.service import JobService
from functions.core.observability.telemetry import LOGGER
from functions.worker.webhook import Webhook, WebhookFailedError

# Waits (s) behind a failed attempt: about 20 minutes in all.
WAITS_S = (10, 40, 160, 320, 640)


def notify(service: JobService, webhook: Webhook, message: Notify) -> None:
    """Call a job's webhook unless that was done; after a failure plan the next attempt.

    Raises:
        DependencyUnavailableError: the table or the queue cannot be reached.
    """
    job = service.table.get(message.job_id)
    if job is None or not job.is_final or job.webhook_state != "pending":
        return
    try:
        webhook.call(job)
    except WebhookRefusedError as error:
        _settle(service, job, "refused", error.message)
    except WebhookFailedError as error:
        if message.attempt > len(WAITS_S):
            _settle(service, job, "failed", error.message)
        else:
            service.queue.send([Notify(job.job_id, message.attempt + 1)], WAITS_S[message.attempt - 1])
    else:
        _settle(service, job, "delivered", None)


def _settle(service: JobService, job: Job, state: WebhookState, reason: str | None) -> None:
    extra = {"job_id": job.job_id, "state": state, "reason": reason}
    LOGGER.log(20 if state == "delivered" else 40, "webhook", extra=extra)
    try:
        service.table.set_webhook(job, state)
    except ConditionFailedError:
        # Another delivery of this message was first.
        return
