"""What a job found: a line for each recording, a file for each part, both kinds of file for the whole."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from functions.core.http.answers import ErrorAnswer
from functions.core.http.diagnosis_answer import DiagnosisAnswer
from functions.core.jobs.files import JobFiles, part_key
from functions.core.jobs.job import Job, PartRange
from functions.core.preprocessing.indicators import Indicators

# A line is a few kilobytes with its evidence, and a part has a hundred of them at most.
_LARGEST_PART_BYTES = 10_000_000
# A spreadsheet would take a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RecordingResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one recording, its place in the job counted from 0; the indicators are those of the diagnosis."""

    index: int
    name: str
    state: Literal["succeeded", "failed"]
    diagnosis: DiagnosisAnswer | None = None
    indicators: Indicators | None = None
    recorded_at: datetime | None = None
    error: ErrorAnswer | None = None


COLUMNS = (
    "index",
    "name",
    "state",
    "asset_id",
    "recorded_at",
    "class_id",
    "class_name",
    "confidence",
    "in_distribution",
    "novelty",
    "clipped",
    "windows",
    "rms",
    "crest_factor",
    "kurtosis",
    "model",
    "version",
    "timestamp",
    "code",
    "error",
    "sample_rate_hz",
    "sample_rate_source",
    "channel",
    "duration_s",
    "unit",
    "peak",
    "velocity_rms_mm_s",
    "severity_zone",
)


@dataclass(frozen=True)
class ResultsPage:
    """Results in the order of the recordings, and the index with which the next page begins; None behind the last."""

    results: list[RecordingResult]
    cursor: int | None


def write_lines(results: Iterable[RecordingResult]) -> bytes:
    """Return results as JSON Lines."""
    return b"".join(msgspec.json.encode(result) + b"\n" for result in results)


def read_lines(content: bytes) -> list[RecordingResult]:
    """Read what `write_lines` wrote."""
    return [msgspec.json.decode(line, type=RecordingResult) for line in content.splitlines()]


def part_lines(files: JobFiles, job: Job, part: PartRange) -> bytes:
    """Return what the attempt that counts found in a part, as `write_lines` wrote it; raises as `JobFiles.get`."""
    return files.get(part_key(job.job_id, part, job.parts[part.key]), _LARGEST_PART_BYTES)


def read_part(files: JobFiles, job: Job, part: PartRange) -> list[RecordingResult]:
    """Return what the attempt that counts found in a part; raises as `JobFiles.get`."""
    return read_lines(part_lines(files, job, part))


def read_page(files: JobFiles, job: Job, first: int, limit: int) -> ResultsPage:
    """Return the results from an index on, as far as they are known without a gap; raises as `JobFiles.get`.

    Of a job that is over, what is not known will never be: gaps are passed over.
    """
    results: list[RecordingResult] = []
    following = first
    for part in job.counted_parts():
        if part.stop <= first:
            continue
        if len(results) >= limit or (part.start > following and not job.is_final):
            break
        results += [result for result in read_part(files, job, part) if result.index >= first]
        following = part.stop
    page = results[:limit]
    following = page[-1].index + 1 if len(results) > limit else following
    known_until = max((part.stop for part in job.counted_parts()), default=0)
    is_last = following >= (known_until if job.is_final else job.total)
    return ResultsPage(page, None if is_last else following)


def csv_header() -> bytes:
    """Return the first line of results as CSV."""
    return _rows([COLUMNS])


def csv_rows(results: Iterable[RecordingResult]) -> bytes:
    """Return results as lines of CSV."""
    values = map(_values, results)
    return _rows([one.get(column) for column in COLUMNS] for one in values)


def _values(result: RecordingResult) -> dict[str, Any]:
    values: dict[str, Any] = {"index": result.index, "name": result.name, "state": result.state}
    if result.diagnosis is not None:
        known = msgspec.to_builtins(result.diagnosis)
        known |= known["recording"]
        values |= {column: known[column] for column in COLUMNS if column in known}
        values |= {"model": result.diagnosis.model.name, "version": result.diagnosis.model.version}
    if result.recorded_at is not None:
        values["recorded_at"] = result.recorded_at.isoformat()
    if result.error is not None:
        values |= {"code": result.error.code, "error": result.error.error}
    return values


def _rows(rows: Iterable[Sequence[Any]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue().encode()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
