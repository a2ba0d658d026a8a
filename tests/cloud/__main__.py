"""The sample app, left up for play: `python -m tests.cloud up`, and removed again: `python -m tests.cloud down`."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import httpx

from build_scripts.embedded.errors import EmbeddedServicesError
from build_scripts.embedded.services import client_arguments
from build_scripts.embedded.sharing import open_services, running
from functions.core.key_changes import add_key
from functions.core.key_ring_secret import change_ring
from functions.core.keys import create_key
from tests.cloud.command_line import CdkCommand, CdkFailedError
from tests.cloud.names import SECRET, STACK, STAGE
from tests.cloud.place import cloud_host
from tests.lambda_runtime.places import CACHE, ROOT, NotHereError

DATA = CACHE / "root" / "var" / "palier" / "cloud"
RECORDING = ROOT / "docs" / "examples" / "clearance.wav"
START_TIMEOUT_S = 120.0
END_TIMEOUT_S = 30.0


def main() -> int:
    """Do what is asked; 0: done, 2: not, and why is on standard error."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud", description=__doc__)
    actions = {"up": up, "down": down, "hold": hold}
    parser.add_argument("action", choices=actions, help="hold: the services alone, until SIGTERM")
    try:
        actions[parser.parse_args().action]()
    except (NotHereError, EmbeddedServicesError, CdkFailedError) as reason:
        print(f"cloud: {reason}", file=sys.stderr)
        return 2
    return 0


def hold() -> None:
    """Run the services until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open_services(DATA, cloud_host) as endpoint:
        if endpoint.started:
            _pid_file().write_text(str(os.getpid()))
            signal.pause()


def up() -> None:
    """Start the services, deploy, make a key, diagnose one recording; leave it up."""
    url = _started()
    folder = DATA / "cdk"
    folder.mkdir(exist_ok=True)
    cdk = CdkCommand(url, "tests.cloud.sample_app", folder)
    print(f"embedded AWS services at {url}; bootstrapping and deploying {STACK} ...", flush=True)
    cdk.bootstrap()
    api = f"{url}/restapis/{cdk.deploy(STACK)[STACK]['ApiId']}/{STAGE}/_user_request_"
    key, stored = create_key("cloud")
    client = boto3.client("secretsmanager", **client_arguments(url))
    change_ring(client, SECRET, lambda ring: add_key(ring, stored))
    headers = {"x-api-key": key, "content-type": "audio/wav", "accept": "*/*"}
    answer = httpx.post(
        f"{api}/predict", params={"full_scale": 4}, content=RECORDING.read_bytes(), headers=headers, timeout=60
    )
    print(f"{api}/predict answers {answer.status_code}:\n{answer.text}\nAPI key, shown this once: {key}")


def down() -> None:
    """End the services and remove what they kept."""
    if running(DATA):
        os.kill(int(_pid_file().read_text()), signal.SIGTERM)
        _until(_let_go, END_TIMEOUT_S, "The embedded services do not end.")
    shutil.rmtree(DATA, ignore_errors=True)


def _started() -> str:
    url = running(DATA)
    if url is None:
        DATA.mkdir(parents=True, exist_ok=True)
        with (DATA / "log").open("wb") as log:
            command = [sys.executable, "-m", "tests.cloud", "hold"]
            holder = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        _until(lambda: running(DATA) or holder.poll() is not None, START_TIMEOUT_S, "They do not start.")
        url = running(DATA)
    if url is None:
        raise NotHereError((DATA / "log").read_text().strip())
    return url


def _let_go() -> bool:
    """Whether nobody holds the data folder any more: its state has been written."""
    with (DATA / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _pid_file() -> Path:
    return DATA / "pid"


def _until(happened: Callable[[], object], timeout_s: float, otherwise: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not happened():
        if time.monotonic() > deadline:
            raise NotHereError(otherwise)
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
