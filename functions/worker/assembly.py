"""The files of a finished job: all results in the order of the recordings, as JSON Lines and as CSV."""

import tempfile
from pathlib import Path

from functions.core.jobs.files import RESULTS_MEDIA_TYPES, JobFiles, results_key
from functions.core.jobs.job import Job
from functions.core.jobs.results import csv_header, csv_rows, read_part, write_lines


def assemble(files: JobFiles, job: Job) -> None:
    """Write both files, a part at a time; doing it again writes the same.

    Raises:
        DependencyUnavailableError: the bucket cannot be reached.
    """
    with tempfile.TemporaryDirectory(prefix="palier-results-") as folder:
        lines, table = Path(folder) / "results.jsonl", Path(folder) / "results.csv"
        with lines.open("wb") as jsonl, table.open("wb") as csv:
            csv.write(csv_header())
            for part in job.counted_parts():
                results = read_part(files, job, part)
                jsonl.write(write_lines(results))
                csv.writelines(csv_rows(results))
        for path in (lines, table):
            kind = path.suffix.removeprefix(".")
            files.put_file(results_key(job.job_id, kind), path, RESULTS_MEDIA_TYPES[kind])
