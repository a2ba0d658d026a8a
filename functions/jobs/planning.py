"""From a submission to a plan: where each recording lies, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.core.decoding.formats import RAW, SERVED_FORMATS
from functions.core.errors import EmptyBatchError, JobInvalidError, JobTooLargeError, PrefixRefusedError
from functions.core.jobs.files import JobFiles, inline_key, uploads_prefix
from functions.core.jobs.job import Source
from functions.core.jobs.messages import PlannedRecording
from functions.jobs.submission import INLINE_MEDIA_TYPE, RecordingOptions, Submission, UploadedFile, npy_file

# By reference, a key may use what was put here for it, and what is for all keys.
REFERENCES = "recordings/"
SHARED = "shared"
# A form for each file is in the answer, which Lambda bounds.
MOST_UPLOADS = 1_000

_MEDIA_TYPES = {ending: one.media_type for one in SERVED_FORMATS for ending in one.job_endings}


@dataclass(frozen=True)
class PlannedJob:
    """The recordings of a job; inline: the bytes of those that came with the submission."""

    source: Source
    recordings: list[PlannedRecording]
    inline: bytes = b""


def plan_job(job_id: str, owner: str, submission: Submission, files: JobFiles, most: int) -> PlannedJob:
    """Return what a submission has in its job.

    Raises:
        EmptyBatchError, JobTooLargeError: no recordings, or too many.
        PrefixRefusedError: the prefix is not one that the key may use.
        JobInvalidError: two uploads of one name, or a file whose name tells no format.
        DependencyUnavailableError: the bucket cannot be listed.
    """
    if submission.prefix is not None:
        planned = PlannedJob("prefix", _referenced(submission.prefix, owner, files, most))
    elif submission.uploads:
        planned = PlannedJob("uploads", _uploaded(job_id, submission.uploads))
    else:
        planned = _inline(job_id, submission)
    if not planned.recordings:
        raise EmptyBatchError("The job has no recordings.", field=_member(planned.source))
    if len(planned.recordings) > most:
        raise JobTooLargeError(f"A job may have {most} recordings.", field=_member(planned.source))
    return planned


def _member(source: Source) -> str:
    return "signals" if source == "inline" else source


def _inline(job_id: str, submission: Submission) -> PlannedJob:
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


def _uploaded(job_id: str, uploads: Sequence[UploadedFile]) -> list[PlannedRecording]:
    _check_uploads(uploads)
    planned: list[PlannedRecording] = []
    for one in uploads:
        key = f"{uploads_prefix(job_id)}{one.name}"
        planned += [
            PlannedRecording(index, name, key, one.content_type, options=one.options())
            for index, name in enumerate(one.names, len(planned))
        ]
    return planned


def _check_uploads(uploads: Sequence[UploadedFile]) -> None:
    if len(uploads) > MOST_UPLOADS:
        raise JobTooLargeError(f"A job may have {MOST_UPLOADS} uploads.", field="uploads")
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
    for index, file in enumerate(files.below(place, most)):
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
