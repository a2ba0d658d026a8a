"""Results of a job: a line for each recording, a file for each part, and the whole as JSON Lines and CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from functions.core.http.answers import ErrorAnswer
from functions.core.http.diagnosis_answer import ChannelsAnswer, DiagnosisAnswer
from functions.core.jobs.files import JobFiles, part_key
from functions.core.jobs.job import Job, PartRange
from functions.core.preprocessing.indicators import Indicators

# A part has up to a hundred lines, each of a few kilobytes for each channel that was diagnosed.
_LARGEST_PART_BYTES = 100_000_000
# Bytes of the lines in one answer: Lambda answers with 6 MB at most.
LARGEST_PAGE_BYTES = 4_000_000
# A spreadsheet would read a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RecordingResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one recording, its place in the job counted from 0; the indicators are those of the diagnosis.

    channels: where every channel was asked for; the diagnosis is then that of the worst.
    """

    index: int
    name: str
    state: Literal["succeeded", "failed"]
    diagnosis: DiagnosisAnswer | None = None
    indicators: Indicators | None = None
    recorded_at: datetime | None = None
    error: ErrorAnswer | None = None
    channels: ChannelsAnswer | UnsetType = UNSET


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
    "is_worst",
    "shaft_speed_used_rpm",
    "evidence_supports",
    "evidence_agrees",
    "evidence_note",
)


@dataclass(frozen=True)
class ResultsPage:
    """A page of results in the order of the recordings, and the first index of the next page, None after the last."""

    results: list[RecordingResult]
    cursor: int | None


def write_lines(results: Iterable[RecordingResult]) -> bytes:
    """Return results as JSON Lines."""
    return b"".join(msgspec.json.encode(result) + b"\n" for result in results)


def read_lines(content: bytes) -> list[RecordingResult]:
    """Read what `write_lines` wrote."""
    return [msgspec.json.decode(line, type=RecordingResult) for line in content.splitlines()]


def part_lines(files: JobFiles, job: Job, part: PartRange) -> bytes:
    """Return the results of a part, of the attempt that counts, as JSON Lines; raises as `JobFiles.get`."""
    return files.get(part_key(job.job_id, part, job.parts[part.key]), _LARGEST_PART_BYTES)


def read_part(files: JobFiles, job: Job, part: PartRange) -> list[RecordingResult]:
    """Return the results of a part, of the attempt that counts; raises as `JobFiles.get`."""
    return read_lines(part_lines(files, job, part))


def read_page(files: JobFiles, job: Job, first: int, limit: int) -> ResultsPage:
    """Return the results from an index on, up to the first gap and as many as fit into one answer.

    Of a final job gaps are skipped: they will never be filled. Raises as `JobFiles.get`.
    """
    lines: list[bytes] = []
    following = first
    for part in job.counted_parts():
        if part.stop <= first:
            continue
        is_full = len(lines) >= limit or sum(map(len, lines)) >= LARGEST_PAGE_BYTES
        if is_full or (part.start > following and not job.is_final):
            break
        lines += part_lines(files, job, part).splitlines()[max(first - part.start, 0) :]
        following = part.stop
    count = _fitting(lines[:limit])
    page = read_lines(b"\n".join(lines[:count]))
    following = page[-1].index + 1 if count < len(lines) else following
    known_until = max((part.stop for part in job.counted_parts()), default=0)
    is_last = following >= (known_until if job.is_final else job.total)
    return ResultsPage(page, None if is_last else following)


def _fitting(lines: Sequence[bytes]) -> int:
    """Return how many of the first lines fit into one answer, at least one."""
    ends = accumulate(map(len, lines))
    return max(sum(end <= LARGEST_PAGE_BYTES for end in ends), min(len(lines), 1))


def csv_header() -> bytes:
    """Return the first line of results as CSV."""
    return _rows([COLUMNS])


def csv_rows(results: Iterable[RecordingResult]) -> bytes:
    """Return results as lines of CSV, one for each channel that was diagnosed."""
    return _rows([values.get(column) for column in COLUMNS] for one in results for values in _lines(one))


def _lines(result: RecordingResult) -> Iterator[dict[str, Any]]:
    common: dict[str, Any] = {"index": result.index, "name": result.name, "state": result.state}
    if result.recorded_at is not None:
        common["recorded_at"] = result.recorded_at.isoformat()
    if result.error is not None:
        common |= {"code": result.error.code, "error": result.error.error}
    if result.diagnosis is None:
        yield common
    elif result.channels is UNSET:
        yield common | _values(result.diagnosis)
    else:
        worst = result.channels.worst.index
        for place, answer in enumerate(result.channels.predictions):
            yield common | _values(answer) | {"is_worst": place == worst}


def _values(answer: DiagnosisAnswer) -> dict[str, Any]:
    known = msgspec.to_builtins(answer)
    known |= known["recording"]
    if answer.evidence is not UNSET:
        known["evidence_supports"] = " ".join(one.supports for one in answer.evidence if one.supports is not None)
    model = {"model": answer.model.name, "version": answer.model.version}
    return {column: known[column] for column in COLUMNS if column in known} | model


def _rows(rows: Iterable[Sequence[Any]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue().encode()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
