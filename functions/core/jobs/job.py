"""A job: its fields as they are stored, its progress, and the ranges of its parts."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import msgspec

from functions.core.aws.dynamodb import Item, timestamp
from functions.core.jobs.states import FINAL, State

Source = Literal["inline", "uploads", "prefix"]
Reason = Literal["timed_out"]
WebhookState = Literal["pending", "delivered", "failed", "refused"]

# Stands for the attempt of a part that was divided into single recordings.
DIVIDED = "divided"


@dataclass(frozen=True)
class Job:
    """One job.

    Times are epoch seconds. done: recordings diagnosed; failed: recordings that cannot be; parts: the parts that were
    counted, each with the attempt whose results count; tries: attempts at single recordings that began and have not
    ended; waiting: for uploads; dispatched: every part was queued.
    """

    job_id: str
    owner: str
    source: Source
    total: int
    created_s: float
    deadline_s: float
    expires_at: int
    state: State = "queued"
    done: int = 0
    failed: int = 0
    waiting: bool = False
    dispatched: bool = False
    options: str = "{}"
    started_s: float | None = None
    finished_s: float | None = None
    reason: Reason | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    webhook_state: WebhookState | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    tries: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether the state is final."""
        return self.state in FINAL

    @property
    def is_complete(self) -> bool:
        """Whether every recording was tried."""
        return self.done + self.failed == self.total

    @property
    def progress(self) -> float:
        """Share of the recordings that were tried."""
        return (self.done + self.failed) / self.total

    def eta_s(self, now: float) -> float | None:
        """Return the seconds that are left at the pace so far; None while there is no pace."""
        tried, begun = self.done + self.failed, self.started_s
        if self.state != "running" or begun is None or not tried or now <= begun:
            return None
        return (now - begun) / tried * (self.total - tried)

    def counted_parts(self) -> list["PartRange"]:
        """Return the parts whose results count, in the order of the recordings."""
        counted = [PartRange.parse(key) for key, attempt in self.parts.items() if attempt != DIVIDED]
        return sorted(counted, key=lambda part: part.start)

    def parsed_options(self) -> dict[str, Any]:
        """Return the options of the diagnosis, common to its recordings."""
        options: dict[str, Any] = msgspec.json.decode(self.options)
        return options

    def to_item(self) -> Item:
        """Return it as it is stored; `created_at` sorts a key's jobs."""
        values: Item = {one.name: getattr(self, one.name) for one in fields(self)}
        return values | {"parts": dict(self.parts), "tries": dict(self.tries), "created_at": timestamp(self.created_s)}

    @classmethod
    def from_item(cls, item: Item) -> "Job":
        """Return the job that an item stores."""
        values: dict[str, Any] = {one.name: item[one.name] for one in fields(cls) if one.name in item}
        return cls(**values)


@dataclass(frozen=True)
class PartRange:
    """A part of a job: its recordings from index `start` to before index `stop`."""

    start: int
    stop: int

    @property
    def key(self) -> str:
        """The name of the part in its job."""
        return f"{self.start:06}-{self.stop:06}"

    @classmethod
    def parse(cls, key: str) -> "PartRange":
        """Return the part of a name."""
        start, _, stop = key.partition("-")
        return cls(int(start), int(stop))


def new_job_id() -> str:
    """Return a random id that cannot be guessed."""
    return secrets.token_hex(16)
