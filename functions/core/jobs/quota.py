"""Quotas of an API key (unfinished jobs, recordings in a day), counted atomically with its jobs."""

from dataclasses import dataclass
from typing import Any

from functions.core.aws.dynamodb import ConditionFailedError, Item, timestamp, to_attributes
from functions.core.errors import PalierError, QuotaExceededError
from functions.core.jobs.job import Job
from functions.core.settings import DAY_S


@dataclass(frozen=True)
class Quota:
    """Limits of one key: its unfinished jobs, and its recordings in a day (UTC)."""

    active_jobs: int
    daily_recordings: int

    def day(self, now: float) -> str:
        """Return the date (UTC) of a time in epoch seconds."""
        return timestamp(now)[:10]

    def keys(self, owner: str, day: str) -> tuple[str, str]:
        """Return the table's keys of an owner's two counts: unfinished jobs, and recordings of a day."""
        return f"quota#{owner}", f"quota#{owner}#{day}"

    def check(self, active: Item | None, daily: Item | None, total: int) -> None:
        """Check that a job of `total` recordings is within the limits, by the items of the two counts.

        Raises:
            QuotaExceededError: it is not.
        """
        if _counted(active, "active") >= self.active_jobs:
            raise self._too_many_jobs()
        if _counted(daily, "recordings") + total > self.daily_recordings:
            raise self._too_many_recordings()

    def take(self, table: str, job: Job, day: str) -> list[dict[str, Any]]:
        """Return the two writes that count a new job, each on the condition that it is within its limit.

        Raises:
            QuotaExceededError: the job alone is over the limit of a day.
        """
        if job.total > self.daily_recordings:
            raise self._too_many_recordings()
        active_key, daily_key = self.keys(job.owner, day)
        active = _count(table, active_key, "active", 1)
        active |= {"ConditionExpression": "attribute_not_exists(active) OR active < :most"}
        active["ExpressionAttributeValues"] |= to_attributes({":most": self.active_jobs})
        daily = _count(table, daily_key, "recordings", job.total)
        daily["UpdateExpression"] = f"SET expires_at = :end {daily['UpdateExpression']}"
        daily |= {"ConditionExpression": "attribute_not_exists(recordings) OR recordings <= :room"}
        daily["ExpressionAttributeValues"] |= to_attributes(
            {":room": self.daily_recordings - job.total, ":end": int(job.created_s) + 2 * DAY_S}
        )
        return [{"Update": active}, {"Update": daily}]

    def give_back(self, table: str, owner: str) -> dict[str, Any]:
        """Return the write that counts a job as finished."""
        return {"Update": _count(table, f"quota#{owner}", "active", -1)}

    def refusal(self, error: ConditionFailedError) -> PalierError:
        """Return the error of a transaction in which one of the two conditions did not hold."""
        if error.at(1):
            return self._too_many_jobs()
        return self._too_many_recordings()

    def _too_many_jobs(self) -> PalierError:
        return QuotaExceededError(
            f"This key has {self.active_jobs} unfinished jobs, as many as it may; wait for one or cancel one."
        )

    def _too_many_recordings(self) -> PalierError:
        return QuotaExceededError(f"This key may submit {self.daily_recordings} recordings a day (UTC).")


def _counted(item: Item | None, name: str) -> int:
    value = (item or {}).get(name, 0)
    return value if isinstance(value, int) else 0


def _count(table: str, key: str, name: str, by: int) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": to_attributes({"job_id": key}),
        "UpdateExpression": f"ADD {name} :by",
        "ExpressionAttributeValues": to_attributes({":by": by}),
    }
