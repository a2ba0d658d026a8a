"""The process of the worker: `python -m build_scripts.local.aws.worker_main`.

Reads a JSON line for each batch, the records of an event of SQS, and writes a JSON line with those that failed; ends
with its input.
"""

import json
import os
import sys
from typing import BinaryIO

from functions.core.lambda_host.starting import quick_start

with quick_start():
    from functions.core.aws.clients import dynamodb_client, s3_client
    from functions.core.memory import keep_freed_memory
    from functions.core.models.options import DiagnosisOptions
    from functions.core.models.pipeline import create_diagnoser
    from functions.core.observability.telemetry import configure_logging
    from functions.core.settings import read_settings
    from functions.worker.app import create_worker
    from functions.worker.batch import BatchWorker


def main() -> None:
    """Work for the process at the other end of the standard streams."""
    keep_freed_memory()
    # Printed text must not be taken for an answer.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        answer_lines(_started(), sys.stdin.buffer, answers)


def answer_lines(worker: BatchWorker, batches: BinaryIO, answers: BinaryIO) -> None:
    """Have a worker answer line by line."""
    for line in batches:
        answers.write(json.dumps(worker.work(json.loads(line))).encode() + b"\n")
        answers.flush()


def _started() -> BatchWorker:
    """Return a worker that has loaded everything that its first message needs."""
    with quick_start():
        settings = read_settings()
        configure_logging(settings.log_level)
        diagnoser = create_diagnoser(settings)
        diagnoser.load(DiagnosisOptions())
        s3_client()
        dynamodb_client()
        return create_worker(settings, diagnoser)


if __name__ == "__main__":
    main()
