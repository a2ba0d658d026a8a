"""Planning of a job from its submission: the object and place of each recording, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.core.decoding.formats import RAW, SERVED_FORMATS
from functions.core.errors import EmptyBatchError, JobInvalidError, JobTooLargeError, PrefixRefusedError
from functions.core.jobs.files import JobFiles, inline_key, uploads_prefix
from functions.core.jobs.job import Source
from functions.core.jobs.messages import PlannedRecording
from functions.jobs.submission import INLINE_MEDIA_TYPE, RecordingOptions, Submission, UploadedFile, npy_file

# Folders of recordings that a job may name by prefix: those of its key, and those that all keys share.
REFERENCES = "recordings/"
SHARED = "shared"

_MEDIA_TYPES = {ending: one.media_type for one in SERVED_FORMATS for ending in one.job_endings}


@dataclass(frozen=True)
class PlannedJob:
    """The recordings of a job; inline: the bytes of those that were sent with the submission."""

    source: Source
    recordings: list[PlannedRecording]
    inline: bytes = b""


def plan_job(job_id: str, owner: str, submission: Submission, files: JobFiles, most: int) -> PlannedJob:
    """Return the recordings of the job that a submission asks for.

    Raises:
        EmptyBatchError, JobTooLargeError: no recordings, or too many.
        PrefixRefusedError: the prefix is not one that the key may use.
        JobInvalidError: two uploads of one name, or a file whose name has no known ending.
        DependencyUnavailableError: the bucket cannot be listed.
    """
    if submission.prefix is not None:
        return PlannedJob("prefix", _referenced(submission.prefix, owner, files, most))
    if submission.uploads:
        return PlannedJob("uploads", _uploaded(job_id, submission.uploads, most))
    return _inline(job_id, submission, most)


def _check_total(count: int, most: int, member: str) -> None:
    """Check how many recordings a job has, before any is planned."""
    if not count:
        raise EmptyBatchError("The job has no recordings.", field=member)
    if count > most:
        raise JobTooLargeError(f"A job may have {most} recordings.", field=member)


def _inline(job_id: str, submission: Submission, most: int) -> PlannedJob:
    _check_total(len(submission.signals), most, "signals")
    recordings: list[PlannedRecording] = []
    content = bytearray()
    options = submission.recordings or [RecordingOptions()] * len(submission.signals)
    for index, (signal, own) in enumerate(zip(submission.signals, options, strict=True)):
        file = npy_file(signal)
        name = own.name or str(index)
        place = (len(content), len(file))
        recordings.append(
            PlannedRecording(index, name, inline_key(job_id), INLINE_MEDIA_TYPE, *place, options=own.options())
        )
        content += file
    return PlannedJob("inline", recordings, bytes(content))


def _uploaded(job_id: str, uploads: Sequence[UploadedFile], most: int) -> list[PlannedRecording]:
    _check_uploads(uploads)
    _check_total(sum(upload.recordings for upload in uploads), most, "uploads")
    planned: list[PlannedRecording] = []
    for one in uploads:
        key = f"{uploads_prefix(job_id)}{one.name}"
        planned += [
            PlannedRecording(index, name, key, one.content_type, options=one.options())
            for index, name in enumerate(one.names, len(planned))
        ]
    return planned


def _check_uploads(uploads: Sequence[UploadedFile]) -> None:
    if len({upload.name for upload in uploads}) != len(uploads):
        raise JobInvalidError("Two uploads have the same name.", field="uploads")
    for index, upload in enumerate(uploads):
        if upload.recordings > 1 and upload.content_type != RAW:
            raise JobInvalidError(
                f"Only a file of {RAW} can hold several recordings.", field=f"uploads[{index}].recordings"
            )


def _referenced(prefix: str, owner: str, files: JobFiles, most: int) -> list[PlannedRecording]:
    place = _allowed(prefix, owner, files.bucket)
    recordings: list[PlannedRecording] = []
    found = files.below(place, most)
    _check_total(len(found), most, "prefix")
    for index, file in enumerate(found):
        name = file.key.removeprefix(place)
        media_type = _MEDIA_TYPES.get(f".{name.rpartition('.')[2].lower()}")
        if media_type is None:
            raise JobInvalidError(f"{name!r} is none of {', '.join(sorted(_MEDIA_TYPES))}.", field="prefix")
        recordings.append(PlannedRecording(index, name, file.key, media_type, length=file.size_bytes))
    return recordings


def _allowed(prefix: str, owner: str, bucket: str) -> str:
    own = [f"s3://{bucket}/{REFERENCES}{who}/" for who in (owner, SHARED)]
    if not any(prefix.startswith(one) for one in own) or not prefix.endswith("/"):
        raise PrefixRefusedError(f"A prefix begins with {own[0]} or {own[1]} and ends with a slash.")
    return prefix.removeprefix(f"s3://{bucket}/")
