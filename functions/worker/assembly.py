"""Assembly of a finished job's result files: all results in the order of the recordings, as JSON Lines and CSV."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from functions.core.jobs.files import RESULTS_MEDIA_TYPES, JobFiles, results_key
from functions.core.jobs.job import Job
from functions.core.jobs.results import csv_header, csv_rows, part_lines, read_lines

# Parts that are fetched at once; the worker has nothing else to do meanwhile.
_AT_ONCE = 8


def assemble(files: JobFiles, job: Job) -> None:
    """Write both files of a job's results; doing it again writes the same.

    Raises:
        DependencyUnavailableError: the bucket cannot be reached.
    """
    with (
        tempfile.TemporaryDirectory(prefix="palier-results-") as folder,
        ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="palier-assemble") as pool,
    ):
        lines, table = Path(folder) / "results.jsonl", Path(folder) / "results.csv"
        with lines.open("wb") as jsonl, table.open("wb") as csv:
            csv.write(csv_header())
            for content in pool.map(lambda part: part_lines(files, job, part), job.counted_parts()):
                jsonl.write(content)
                csv.write(csv_rows(read_lines(content)))

        def put(path: Path) -> None:
            kind = path.suffix.removeprefix(".")
            files.put_file(results_key(job.job_id, kind), path, RESULTS_MEDIA_TYPES[kind])

        list(pool.map(put, (lines, table)))
