"""The plan of a job: the list of its recordings, cut into the parts in which they are diagnosed."""

from collections.abc import Iterator, Sequence

import msgspec

from functions.core.jobs.files import JobFiles, plan_key
from functions.core.jobs.job import Job
from functions.core.jobs.messages import JobQueue, Part, PlannedRecording
from functions.core.jobs.table import JobTable

MEDIA_TYPE = "application/x-ndjson"
# A message holds a whole part, and SQS takes 256 KiB.
MOST_IN_A_PART = 100
# Most parts of a job, unless each has as many recordings as it may: each part is a name in the job's item.
_MOST_PARTS = 200
# Bytes of the recordings of a part: a few seconds of reading.
_PART_BYTES = 100_000_000
_LARGEST_PLAN_BYTES = 100_000_000


def write_plan(files: JobFiles, job_id: str, recordings: Sequence[PlannedRecording]) -> None:
    """Store a plan; raises DependencyUnavailableError."""
    lines = b"".join(msgspec.json.encode(recording) + b"\n" for recording in recordings)
    files.put(plan_key(job_id), lines, MEDIA_TYPE)


def read_plan(files: JobFiles, job_id: str) -> list[PlannedRecording]:
    """Return a plan; raises as `JobFiles.get`."""
    lines = files.get(plan_key(job_id), _LARGEST_PLAN_BYTES).splitlines()
    return [msgspec.json.decode(line, type=PlannedRecording) for line in lines]


def cut_parts(recordings: Sequence[PlannedRecording], most: int) -> Iterator[list[PlannedRecording]]:
    """Cut a plan into parts: large ones, as each costs about ten calls of AWS, but none that takes minutes.

    Args:
        recordings: of the whole plan.
        most: recordings in a part; a job of very many recordings has larger parts.
    """
    least = -(-len(recordings) // _MOST_PARTS)
    most = min(max(most, least), MOST_IN_A_PART)
    part: list[PlannedRecording] = []
    size = 0
    for one in recordings:
        length = one.length or 0
        if len(part) == most or (len(part) >= least and size + length > _PART_BYTES):
            yield part
            part, size = [], 0
        part.append(one)
        size += length
    if part:
        yield part


def dispatch(job: Job, recordings: Sequence[PlannedRecording], most: int, *, queue: JobQueue, table: JobTable) -> Job:
    """Queue every part of a job and mark it as dispatched; done twice, parts are queued twice and counted once.

    Raises:
        DependencyUnavailableError: the queue or the table cannot be reached.
    """
    queue.send(Part(job.job_id, part) for part in cut_parts(recordings, most))
    return table.mark_dispatched(job)
