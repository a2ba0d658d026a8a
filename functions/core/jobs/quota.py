"""What one key may have at once and in a day, counted atomically beside its jobs."""

from dataclasses import dataclass
from typing import Any

from functions.core.aws.dynamodb import ConditionFailedError, timestamp, to_attributes
from functions.core.errors import PalierError, QuotaExceededError
from functions.core.jobs.job import Job

_DAY_S = 86_400


@dataclass(frozen=True)
class Quota:
    """Unfinished jobs of one key, and recordings of one key in a day (UTC)."""

    active_jobs: int
    daily_recordings: int

    def day(self, now: float) -> str:
        """Return the day that a time is in."""
        return timestamp(now)[:10]

    def take(self, table: str, job: Job, day: str) -> list[dict[str, Any]]:
        """Return the two writes that count a new job; each has the condition that there is room for it.

        Raises:
            QuotaExceededError: it alone is more than a day may have.
        """
        if job.total > self.daily_recordings:
            raise self._too_many_recordings()
        active = _count(table, f"quota#{job.owner}", "active", 1)
        active |= {"ConditionExpression": "attribute_not_exists(active) OR active < :most"}
        active["ExpressionAttributeValues"] |= to_attributes({":most": self.active_jobs})
        daily = _count(table, f"quota#{job.owner}#{day}", "recordings", job.total)
        daily["UpdateExpression"] = f"SET expires_at = :end {daily['UpdateExpression']}"
        daily |= {"ConditionExpression": "attribute_not_exists(recordings) OR recordings <= :room"}
        daily["ExpressionAttributeValues"] |= to_attributes(
            {":room": self.daily_recordings - job.total, ":end": int(job.created_s) + 2 * _DAY_S}
        )
        return [{"Update": active}, {"Update": daily}]

    def give_back(self, table: str, owner: str) -> dict[str, Any]:
        """Return the write that counts a job as finished."""
        return {"Update": _count(table, f"quota#{owner}", "active", -1)}

    def refusal(self, error: ConditionFailedError) -> PalierError:
        """Return what to answer where one of the two conditions did not hold."""
        if error.at(1):
            return QuotaExceededError(
                f"This key has {self.active_jobs} unfinished jobs, as many as it may; wait for one or cancel one."
            )
        return self._too_many_recordings()

    def _too_many_recordings(self) -> PalierError:
        return QuotaExceededError(f"This key may submit {self.daily_recordings} recordings a day (UTC).")


def _count(table: str, key: str, name: str, by: int) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": to_attributes({"job_id": key}),
        "UpdateExpression": f"ADD {name} :by",
        "ExpressionAttributeValues": to_attributes({":by": by}),
    }
