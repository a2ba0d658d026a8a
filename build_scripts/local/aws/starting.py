"""Starting the services: the emulator, what a deployment makes in it, the worker and the reader of alerts."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from msgspec.structs import replace

from build_scripts.local.aws.alerts import AlertReader
from build_scripts.local.aws.embedded.resources import delete_objects, make_resources
from build_scripts.local.aws.embedded.services import REGION, client_environment, this_host
from build_scripts.local.aws.embedded.sharing import open_services
from build_scripts.local.aws.queue_reader import QueueReader
from build_scripts.local.aws.worker_process import WorkerProcess
from functions.core.settings import Settings, variable_of

if TYPE_CHECKING:
    from build_scripts.local.aws.services import LocalServices

# While one waits for its recordings, another diagnoses; in one process they would wait for each other.
_WORKERS = 2
# Of somebody's own account.
_FOREIGN = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"})


@dataclass(frozen=True)
class Started:
    """The settings with the names of what was made, and the workers, whose processes start when they are needed."""

    settings: Settings
    workers: Sequence[WorkerProcess]


def start(stack: ExitStack, services: "LocalServices") -> Started:
    """Start everything, to be ended by the stack.

    Raises:
        EmbeddedServicesError: the emulator cannot be installed or started.
    """
    data_dir, tell = services.data_dir, services.tell
    kept = f"kept in {data_dir}" if data_dir else "in memory: gone when this ends (--data-dir DIR keeps it)"
    tell(f"starting AWS services on this machine for jobs and histories; their state is {kept}")
    folder = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="palier-aws-")))
    endpoint = stack.enter_context(open_services(folder, lambda: this_host(tell), port=services.port))
    # The clients of this process must find these services, and no others.
    for name in [name for name in os.environ if name in _FOREIGN or name.startswith("AWS_ENDPOINT_URL")]:
        del os.environ[name]
    os.environ.update(client_environment(endpoint.url))
    session = boto3.Session(region_name=REGION)
    made = make_resources(session.client, REGION)
    kept_for = timedelta(days=services.settings.jobs_retention_days, seconds=services.settings.jobs_timeout_s)
    delete_objects(session.client("s3"), made.settings["jobs_bucket"], datetime.now(UTC) - kept_for)
    # A poll that is never answered must not keep the server from ending.
    sqs = session.client("sqs", config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}))
    environment = os.environ | {variable_of(field): value for field, value in made.settings.items()}
    workers = [stack.enter_context(WorkerProcess(environment)) for _ in range(_WORKERS)]
    queue_url = made.settings["jobs_queue_url"]
    readers = [AlertReader(sqs, made.alerts_url, tell), *(QueueReader(sqs, queue_url, worker) for worker in workers)]
    for reader in readers:
        stack.enter_context(reader)
    for reader in readers:
        stack.callback(reader.stop)
    return Started(replace(services.settings, **made.settings), workers)
