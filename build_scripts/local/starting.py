"""Starting the services: the emulator, what a deployment makes in it, the worker and the reader of alerts."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from msgspec.structs import replace

from build_scripts.embedded.resources import make_resources
from build_scripts.embedded.services import REGION, client_environment, this_host
from build_scripts.embedded.sharing import open_services
from build_scripts.local.alerts import AlertReader
from build_scripts.local.worker import QueueReader
from functions.core.settings import Settings
from functions.worker.app import create_worker

if TYPE_CHECKING:
    from build_scripts.local.services import LocalServices

# While one waits for its recordings, another diagnoses.
_WORKERS = 2
# Of somebody's own account.
_FOREIGN = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"})


def start(stack: ExitStack, services: "LocalServices") -> Settings:
    """Start everything, to be ended by the stack; returns the settings with the names of what was made.

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
    named = replace(services.settings, **made.settings)
    # A poll that is never answered must not keep the server from ending.
    sqs = session.client("sqs", config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}))
    worker = create_worker(named, services.diagnoser)
    for _ in range(_WORKERS):
        stack.enter_context(QueueReader(sqs, made.settings["jobs_queue_url"], worker))
    stack.enter_context(AlertReader(sqs, made.alerts_url, tell))
    return named
