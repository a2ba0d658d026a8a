"""A worker as a process that stops in the middle of a part and waits to be killed.

    python -m tests.support.stuck_worker SETTINGS RESULTS

SETTINGS: a JSON object of the settings that name jobs; RESULTS: after how many results it stops, printing `stopped`.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import boto3

from build_scripts.local.aws.queue_reader import QueueReader
from functions.core.jobs.results import RecordingResult
from functions.core.settings import read_settings
from functions.worker.app import create_worker
from functions.worker.recordings import RecordingReader


def main(settings: dict[str, Any], stop_after: int) -> None:
    """Take messages until one part has so many results, then wait."""
    results = RecordingReader.results

    def stopping(*arguments: Any) -> Iterator[RecordingResult]:
        for count, result in enumerate(results(*arguments), 1):
            yield result
            if count == stop_after:
                sys.stdout.write("stopped\n")
                sys.stdout.flush()
                time.sleep(600)

    RecordingReader.results = stopping  # type: ignore[method-assign,assignment]
    named = read_settings(**settings)
    reader = QueueReader(boto3.client("sqs"), str(named.jobs_queue_url), create_worker(named))
    while True:
        reader.poll()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), int(sys.argv[2]))
