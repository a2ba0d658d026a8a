"""Start the users of the services: resources as a deployment makes them, the workers and the reader of alerts."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import boto3
from botocore.config import Config
from msgspec.structs import replace

from build_scripts.local.aws.alerts import AlertReader
from build_scripts.local.aws.embedded.access import REGION, Access, client_environment
from build_scripts.local.aws.embedded.installation import Notify
from build_scripts.local.aws.embedded.resources import Resources, delete_objects, make_resources
from build_scripts.local.aws.queue_reader import QueueReader
from build_scripts.local.aws.worker_process import WorkerProcess
from functions.core.settings import Settings, variable_of

# While one waits for its recordings, the other diagnoses; in one process they would wait for each other.
_WORKERS = 2
# Variables of a user's own account.
_FOREIGN = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"})


def start(
    stack: ExitStack, settings: Settings, access: Access, notify: Notify
) -> tuple[Settings, Sequence[WorkerProcess]]:
    """Make missing resources in the services and start their readers, to be ended by the stack.

    Args:
        stack: ends what is started.
        settings: of the server.
        access: to the services.
        notify: gets a sentence for every alert.

    Returns:
        The settings with the names of what was made, and the workers, whose processes start when they are needed.
    """
    # The clients of this process must find these services, and no others.
    for name in [name for name in os.environ if name in _FOREIGN or name.startswith("AWS_ENDPOINT_URL")]:
        del os.environ[name]
    os.environ.update(client_environment(access))
    session = boto3.Session(region_name=REGION)
    made = make_missing()
    kept_for = timedelta(days=settings.jobs_retention_days, seconds=settings.jobs_timeout_s)
    delete_objects(session.client("s3"), made.settings["jobs_bucket"], datetime.now(UTC) - kept_for)
    # A poll that is never answered must not keep the server from ending.
    sqs = session.client("sqs", config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}))
    environment = os.environ | {variable_of(field): value for field, value in made.settings.items()}
    workers = [stack.enter_context(WorkerProcess(environment)) for _ in range(_WORKERS)]
    queue_url = made.settings["jobs_queue_url"]
    readers = [AlertReader(sqs, made.alerts_url, notify), *(QueueReader(sqs, queue_url, worker) for worker in workers)]
    for reader in readers:
        stack.enter_context(reader)
    for reader in readers:
        stack.callback(reader.stop)
    return replace(settings, **made.settings), workers


def make_missing() -> Resources:
    """Make what is missing in the services that this process's clients find."""
    return make_resources(boto3.Session(region_name=REGION).client, REGION)
