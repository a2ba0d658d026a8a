"""The table of jobs in DynamoDB: every change of state is a conditional write, and every count is made once.

Beside the jobs the table holds the counts of quotas (`quota#...`) and the submissions that were made already
(`idempotency#...`), so that a whole submission is one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from functions.core.aws.clients import dynamodb_client, reporting_unavailable
from functions.core.aws.dynamodb import (
    ConditionFailedError,
    Item,
    TableKeys,
    from_attributes,
    is_expired,
    read_item,
    to_attributes,
    transact,
    update,
)
from functions.core.errors import (
    DependencyUnavailableError,
    IdempotencyKeyReusedError,
    JobNotFoundError,
    SubmissionTooSlowError,
)
from functions.core.jobs.job import DIVIDED, Job, PartRange, Reason, WebhookState
from functions.core.jobs.quota import Quota
from functions.core.jobs.states import State, sources
from functions.core.settings import DAY_S

WHAT = "The table of jobs"
BY_OWNER = "by_owner"
# Longer than any submission takes.
_GIVEN_UP_S = DAY_S
KEYS = TableKeys(("job_id",), {BY_OWNER: ("owner", "created_at")})


@dataclass(frozen=True)
class Submitted:
    """A submission that its caller can repeat: its idempotency key, and its fingerprint (sha256)."""

    id: str
    fingerprint: str


@dataclass(frozen=True)
class JobPage:
    """A page of a key's jobs, newest first, and the cursor of the next page."""

    jobs: list[Job]
    cursor: str | None


class JobTable:
    """The table of jobs; safe to use from many processes at once."""

    def __init__(self, table: str, quota: Quota, clock: Callable[[], float]) -> None:
        self._table = table
        self._quota = quota
        self._clock = clock

    def check_room(self, owner: str, total: int) -> None:
        """Check early whether a job of `total` recordings is within a key's quota; `create` decides it.

        Raises:
            QuotaExceededError: the key has too many jobs or recordings.
            DependencyUnavailableError: the table cannot be reached.
        """
        active, daily = map(self._read, self._quota.keys(owner, self._quota.day(self._clock())))
        self._quota.check(active, daily, total)

    def create(self, job: Job, submitted: Submitted | None) -> Job:
        """Store a new job, or return the one that the same submission made before.

        Raises:
            QuotaExceededError: the key has too many jobs or recordings.
            IdempotencyKeyReusedError: its key was sent before with another submission.
            SubmissionTooSlowError: it was given up meanwhile, see `give_up`.
            DependencyUnavailableError: the table cannot be reached.
        """
        day = self._quota.day(self._clock())
        writes = [self._insert(job.to_item()), *self._quota.take(self._table, job, day)]
        if submitted is not None:
            writes.append(self._insert(_submission_item(job, submitted)))
        try:
            transact(WHAT, writes)
        except ConditionFailedError as error:
            if submitted is not None and error.at(len(writes) - 1):
                return self._repeated(job, submitted)
            if error.at(0):
                raise SubmissionTooSlowError("The submission took too long and was given up; send it again.") from None
            raise self._quota.refusal(error) from None
        return job

    def give_up(self, job_id: str) -> None:
        """Prevent that a slow submission still creates its job; doing it again changes nothing.

        Raises:
            ConditionFailedError: it has created the job already.
        """
        update(
            WHAT,
            TableName=self._table,
            Key=to_attributes({"job_id": job_id}),
            UpdateExpression="SET expires_at = :end",
            ConditionExpression="attribute_not_exists(#state)",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=to_attributes({":end": int(self._clock()) + _GIVEN_UP_S}),
        )

    def find(self, owner: str, submitted: Submitted) -> Job | None:
        """Return the job that a submission made before, or None; raises IdempotencyKeyReusedError."""
        known = self._read(_submission_key(owner, submitted))
        if known is None:
            return None
        if known["fingerprint"] != submitted.fingerprint:
            raise IdempotencyKeyReusedError("This Idempotency-Key was used for another submission; choose a new one.")
        return self.get(str(known["made"]))

    def get(self, job_id: str) -> Job | None:
        """Return a job as it is now, or None where there is none (any more)."""
        item = self._read(job_id)
        return Job.from_item(item) if item and "state" in item else None

    def owned(self, job_id: str, owner: str) -> Job:
        """Return a job of a key; raises JobNotFoundError, also for a job of another key."""
        job = self.get(job_id)
        if job is None or job.owner != owner:
            raise JobNotFoundError(f"There is no job {job_id!r}.")
        return job

    def page(self, owner: str, limit: int, cursor: str | None) -> JobPage:
        """Return a page of a key's jobs, newest first."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": BY_OWNER,
            "KeyConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": to_attributes({":owner": owner}),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if cursor is not None:
            created_at, _, job_id = cursor.partition("~")
            request["ExclusiveStartKey"] = to_attributes({"owner": owner, "created_at": created_at, "job_id": job_id})
        with reporting_unavailable(WHAT):
            answer = dynamodb_client().query(**request)
        items = [item for item in map(from_attributes, answer["Items"]) if not is_expired(item, self._clock())]
        last = from_attributes(answer.get("LastEvaluatedKey", {}))
        return JobPage(
            [Job.from_item(item) for item in items], f"{last['created_at']}~{last['job_id']}" if last else None
        )

    def release(self, job: Job) -> Job:
        """Mark that a job no longer waits for its uploads."""
        return self._update(job.job_id, "SET waiting = :no", "#state = :queued", {":no": False, ":queued": "queued"})

    def mark_dispatched(self, job: Job) -> Job:
        """Mark that every part of a job was queued."""
        return self._update(job.job_id, "SET dispatched = :yes", "attribute_exists(#state)", {":yes": True})

    def begin(self, job: Job) -> Job:
        """Set a queued job to running, as the first of its workers does; raises ConditionFailedError if it is final."""
        if job.state == "running":
            return job
        values: Item = {":running": "running", ":queued": "queued", ":now": self._clock()}
        try:
            return self._update(job.job_id, "SET #state = :running, started_s = :now", "#state = :queued", values)
        except ConditionFailedError:
            now = self.get(job.job_id)
            if now is None or now.state != "running":
                raise
            return now

    def count(self, job: Job, part: PartRange, attempt: str, *, done: int, failed: int) -> Job:
        """Count a part once: its recordings, and the attempt whose results they are.

        Raises:
            ConditionFailedError: it was counted or divided already, or the job does not run any more.
        """
        values: Item = {":attempt": attempt, ":done": done, ":failed": failed, ":running": "running"}
        return self._update(
            job.job_id,
            "SET parts.#part = :attempt ADD done :done, failed :failed",
            "#state = :running AND attribute_not_exists(parts.#part)",
            values,
            {"#part": part.key},
        )

    def divide(self, job: Job, part: PartRange) -> Job:
        """Mark that a part is done recording by recording from now on; raises ConditionFailedError as `count`."""
        return self._update(
            job.job_id,
            "SET parts.#part = :divided",
            "#state = :running AND attribute_not_exists(parts.#part)",
            {":divided": DIVIDED, ":running": "running"},
            {"#part": part.key},
        )

    def note_try(self, job: Job, part: PartRange, by: int) -> Job:
        """Count an attempt at a single recording that begins (by 1), or has ended (by -1)."""
        return self._update(
            job.job_id,
            "SET tries.#part = if_not_exists(tries.#part, :none) + :by",
            "attribute_exists(tries)",
            {":by": by, ":none": 0},
            {"#part": part.key},
        )

    def finish(self, job: Job, state: State, reason: Reason | None = None) -> Job:
        """Set a job's final state, and count it as finished in its key's quota, once.

        Raises:
            ConditionFailedError: it is final already.
        """
        before = sources(state)
        names = {f":from{index}": one for index, one in enumerate(before)}
        change = {
            "TableName": self._table,
            "Key": to_attributes({"job_id": job.job_id}),
            "UpdateExpression": "SET #state = :state, finished_s = :now, reason = :reason",
            "ConditionExpression": f"#state IN ({', '.join(names)})",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": to_attributes(
                {":state": state, ":now": self._clock(), ":reason": reason, **names}
            ),
        }
        transact(WHAT, [{"Update": change}, self._quota.give_back(self._table, job.owner)])
        return self._present(job.job_id)

    def set_webhook(self, job: Job, state: WebhookState) -> Job:
        """Set the state of a job's webhook."""
        values: Item = {":state": state, ":pending": "pending"}
        return self._update(job.job_id, "SET webhook_state = :state", "webhook_state = :pending", values)

    def _present(self, job_id: str) -> Job:
        job = self.get(job_id)
        if job is None:
            raise DependencyUnavailableError(f"The job {job_id} is gone.")
        return job

    def _repeated(self, job: Job, submitted: Submitted) -> Job:
        known = self.find(job.owner, submitted)
        if known is None:
            raise DependencyUnavailableError("The submission was made before, and its job is gone.")
        return known

    def _read(self, job_id: str) -> Item | None:
        return read_item(WHAT, self._table, to_attributes({"job_id": job_id}), self._clock())

    def _update(
        self, job_id: str, expression: str, condition: str, values: Item, names: dict[str, str] | None = None
    ) -> Job:
        used = {"#state": "state"} if "#state" in expression + condition else {}
        naming = {"ExpressionAttributeNames": used | (names or {})} if used or names else {}
        item = update(
            WHAT,
            TableName=self._table,
            Key=to_attributes({"job_id": job_id}),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues=to_attributes(values),
            **naming,
        )
        return Job.from_item(item)

    def _insert(self, item: Item) -> dict[str, Any]:
        # An expired item may still be there.
        return {
            "Put": {
                "TableName": self._table,
                "Item": to_attributes(item),
                "ConditionExpression": "attribute_not_exists(job_id) OR expires_at <= :now",
                "ExpressionAttributeValues": to_attributes({":now": self._clock()}),
            }
        }


def _submission_key(owner: str, submitted: Submitted) -> str:
    return f"idempotency#{owner}#{submitted.id}"


def _submission_item(job: Job, submitted: Submitted) -> Item:
    return {
        "job_id": _submission_key(job.owner, submitted),
        "made": job.job_id,
        "fingerprint": submitted.fingerprint,
        "expires_at": job.expires_at,
    }
