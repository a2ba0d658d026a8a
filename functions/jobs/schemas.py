"""The answers about jobs and assets, from which JSON and OpenAPI schemas are made."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from msgspec import Meta

from functions.core.aws.dynamodb import Item
from functions.core.http.answers import Answer
from functions.core.jobs.files import Upload
from functions.core.jobs.job import Job, Source
from functions.core.jobs.results import RecordingResult
from functions.core.jobs.states import State
from functions.core.preprocessing.indicators import Zone


class UploadAnswer(Answer, frozen=True, kw_only=True):
    """A form for one file: POST `fields` and then `file`, as multipart/form-data, to `url` within an hour."""

    url: str
    fields: dict[str, str]


class JobAnswer(Answer, frozen=True, kw_only=True):
    """A job."""

    job_id: str
    state: State
    source: Source
    total: Annotated[int, Meta(description="Recordings.")]
    done: Annotated[int, Meta(description="Recordings diagnosed.")]
    failed: Annotated[int, Meta(description="Recordings of which no diagnosis can come.")]
    progress: Annotated[float, Meta(description="Share of the recordings that were tried, 0 to 1.")]
    eta_s: Annotated[float | None, Meta(description="Seconds left at the pace so far.")]
    waiting_for_uploads: Annotated[bool, Meta(description="POST /jobs/{id}/start when the files are there.")]
    reason: Annotated[Literal["timed_out"] | None, Meta(description="Why it failed as a whole.")]
    webhook: Annotated[
        Literal["pending", "delivered", "failed", "refused"] | None, Meta(description="What became of its webhook.")
    ]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    deadline_at: Annotated[datetime, Meta(description="Unfinished by then, it has failed.")]
    expires_at: Annotated[datetime, Meta(description="Nothing is known of it after.")]

    @classmethod
    def of(cls, job: Job, now: float) -> Self:
        """Return the answer of a job at a time in epoch seconds."""
        eta_s = job.eta_s(now)
        return cls(
            job_id=job.job_id,
            state=job.state,
            source=job.source,
            total=job.total,
            done=job.done,
            failed=job.failed,
            progress=round(job.progress, 4),
            eta_s=None if eta_s is None else round(eta_s, 1),
            waiting_for_uploads=job.waiting and not job.is_final,
            reason=job.reason,
            webhook=job.webhook_state,
            created_at=_time(job.created_s),
            started_at=None if job.started_s is None else _time(job.started_s),
            finished_at=None if job.finished_s is None else _time(job.finished_s),
            deadline_at=_time(job.deadline_s),
            expires_at=_time(job.expires_at),
        )


class SubmittedAnswer(JobAnswer, frozen=True, kw_only=True):
    """A job that was taken, and the forms for its files, in their order."""

    uploads: list[UploadAnswer]

    @classmethod
    def made(cls, job: Job, uploads: list[Upload], now: float) -> Self:
        """Return the answer of a submitted job and its upload forms."""
        forms = [UploadAnswer(url=one.url, fields=one.fields) for one in uploads]
        known = JobAnswer.of(job, now)
        return cls(uploads=forms, **{name: getattr(known, name) for name in JobAnswer.__struct_fields__})


class QueueAnswer(Answer, frozen=True, kw_only=True):
    """How much waits in the queue of all keys, about."""

    waiting: Annotated[int, Meta(description="Messages that wait for a worker.")]
    dead: Annotated[int | None, Meta(description="Messages that were given up; null where that is not known.")]


class JobsAnswer(Answer, frozen=True, kw_only=True):
    """A key's jobs, newest first."""

    jobs: list[JobAnswer]
    next_cursor: str | None
    queue: Annotated[QueueAnswer | None, Meta(description="Null where it is not known; at most some seconds old.")]


class ResultsAnswer(Answer, frozen=True, kw_only=True):
    """Results in the order of the recordings; of a job that runs, as far as there is no gap."""

    state: State
    results: list[RecordingResult]
    next_cursor: Annotated[int | None, Meta(description="Where the next page begins; null behind the last result.")]


class DownloadAnswer(Answer, frozen=True, kw_only=True):
    """Where all results can be read for a while."""

    url: str
    media_type: str
    expires_at: datetime


class AssetAnswer(Answer, frozen=True, kw_only=True):
    """What is known of an asset now."""

    asset_id: str
    state: Annotated[Literal["unknown", "healthy", "fault"], Meta(description="What k of n diagnoses say.")]
    class_id: Annotated[str | None, Meta(description="The fault or healthy class that is believed.")]
    since: datetime | None
    diagnoses: int
    newest_at: datetime
    newest_class_id: str
    rms: Annotated[float, Meta(description="Of the newest recording, in the unit of its samples.")]
    severity_zone: Annotated[Zone | None, Meta(description="Of the newest recording, where it was asked for.")]

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return the answer of an asset's stored summary."""
        values = {name: item[name] for name in ("state", "class_id", "diagnoses", "newest_class_id", "rms")}
        since = item["since"]
        return cls(
            asset_id=str(item["diagnosed_at"]),
            since=_place_time(since) if since else None,
            newest_at=_place_time(item["newest"]),
            severity_zone=item.get("severity_zone"),  # type: ignore[arg-type]
            **values,  # type: ignore[arg-type]
        )


class AssetsAnswer(Answer, frozen=True, kw_only=True):
    """Assets by name."""

    assets: list[AssetAnswer]
    next_cursor: str | None


class HistoryEntry(Answer, frozen=True, kw_only=True):
    """One diagnosis of an asset."""

    time: Annotated[datetime, Meta(description="When it was recorded; else, when it was diagnosed.")]
    class_id: str
    class_name: str
    confidence: float
    novelty: float | None
    in_distribution: bool | None
    rms: Annotated[float, Meta(description="Of the vibration about its mean, in the unit of the samples.")]
    crest_factor: float
    kurtosis: Annotated[float, Meta(description="3 for noise.")]
    peak: Annotated[float | None, Meta(description="Largest magnitude about the mean, in the unit of the samples.")]
    unit: Annotated[str | None, Meta(description="Of the samples, where it was stated.")]
    channel: Annotated[
        str | None, Meta(description="That was diagnosed, the worst where all were; null where the model takes all.")
    ]
    velocity_rms_mm_s: Annotated[float | None, Meta(description="10 to 1,000 Hz, where the unit was stated.")]
    severity_zone: Annotated[Zone | None, Meta(description="Of ISO 20816-3, where it was asked for.")]
    model: str
    version: str
    precision: str

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return the answer of a stored diagnosis."""
        values = {name: item.get(name) for name in cls.__struct_fields__ if name != "time"}
        return cls(time=_place_time(item["diagnosed_at"]), **values)  # type: ignore[arg-type]


class HistoryAnswer(Answer, frozen=True, kw_only=True):
    """The diagnoses of an asset in a span of time."""

    asset: AssetAnswer
    history: list[HistoryEntry]
    next_cursor: str | None


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _place_time(place: object) -> datetime:
    return datetime.fromisoformat(str(place).partition("#")[0])
