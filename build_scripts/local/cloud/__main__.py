"""Stage dev on embedded AWS services: `python -m build_scripts.local.cloud up` leaves it up, `down` removes it.

`environment` prints the variables with which the AWS command line and the commands of the runbook ask these services.
"""

import argparse
import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from build_scripts.local.aws.embedded.access import Access, client_environment
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.sharing import open_services, running
from build_scripts.local.cloud.command_line import CdkFailedError
from build_scripts.local.cloud.deployment import Deployment
from build_scripts.local.cloud.doors import RECORDING, DeployedDoor
from build_scripts.local.cloud.job import FILES, DeployedJobs
from build_scripts.local.cloud.place import OFFER, cloud_host
from build_scripts.local.lambda_sandbox.places import CACHE, ROOT, NotHereError
from cdk.stages import StageName
from functions.core.decoding.formats import WAV

DATA = CACHE / "root" / "var" / "palier" / "cloud"
STAGE: StageName = "dev"
START_TIMEOUT_S = 120.0
# A new key works within seconds, not at once.
KEY_TIMEOUT_S = 30.0
END_TIMEOUT_S = 30.0


def main() -> int:
    """Run an action; 0: done, 2: failed, with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m build_scripts.local.cloud", description=__doc__)
    actions = {"up": up, "down": down, "environment": environment, "hold": hold}
    parser.add_argument("action", choices=actions, help="hold: the services alone, until SIGTERM")
    try:
        actions[parser.parse_args().action]()
    except (NotHereError, EmbeddedServicesError, CdkFailedError) as reason:
        print(f"cloud: {reason}", file=sys.stderr)
        return 2
    return 0


def environment() -> None:
    """Print the shell's lines that send AWS clients to the services that are up."""
    access = running(DATA)
    if access is None:
        raise NotHereError("no services are up; run make cloud first")
    for name, value in client_environment(access).items():
        print(f"export {name}={shlex.quote(value)}")


def hold() -> None:
    """Run the services until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host = cloud_host()
    with open_services(DATA, lambda: host, offer=OFFER) as endpoint:
        if endpoint.started:
            _pid_file().write_text(str(os.getpid()))
            signal.pause()


def up() -> None:
    """Start the services, deploy dev, make a key, diagnose one recording, run one job; leave it up."""
    access = _started()
    folder = DATA / "cdk"
    folder.mkdir(exist_ok=True)
    deployment = Deployment(access, folder)
    print(f"AWS services at {access.url}; bootstrapping and deploying {STAGE} ...", flush=True)
    deployment.cdk.bootstrap()
    deployment.synthesize(STAGE)
    deployment.deploy()
    print(
        f"deployed, without {deployment.assembly.removed.total()} resources that the emulator cannot create", flush=True
    )
    key = _made_key()
    api = deployment.api(STAGE)
    headers = {"x-api-key": key, "content-type": WAV, "accept": "*/*"}
    answer = _asked(api, headers)
    deadline = time.monotonic() + KEY_TIMEOUT_S
    while answer.status_code == httpx.codes.UNAUTHORIZED and time.monotonic() < deadline:
        time.sleep(1)
        answer = _asked(api, headers)
    print(f"{api}/predict answers {answer.status_code}:\n{answer.text}\n")
    if answer.status_code != httpx.codes.OK:
        raise CdkFailedError("the deployed API did not diagnose the recording")
    print(
        f"A job of three files, {', '.join(FILES)}, goes through the queue; the worker dies of the last ...", flush=True
    )
    print("\n".join(DeployedJobs(access, api, STAGE, key).run().lines()), flush=True)
    _open_a_door(deployment, key)
    print("\nAsk it yourself; make cloud-down removes it:")
    asked = f"'{api}/predict?full_scale=4'"
    kind = f"-H 'Accept: */*' -H 'Content-Type: {WAV}'"
    print(f"  curl -sS -H 'X-API-Key: {key}' {kind} --data-binary @'{RECORDING}' {asked}")


def _open_a_door(deployment: Deployment, key: str) -> None:
    """Deploy a stage behind an HTTP API too, and have it diagnose the same recording."""
    began = time.monotonic()
    door = DeployedDoor(deployment, "http_api", STAGE)
    door.deploy()
    answer = door.ask(key)
    print(f"\nbehind an HTTP API, after {time.monotonic() - began:.0f} s: {answer.status_code}", flush=True)
    if answer.status_code != httpx.codes.OK:
        raise CdkFailedError("the API behind the other door did not diagnose the recording")


def _asked(api: str, headers: dict[str, str]) -> httpx.Response:
    recording = RECORDING.read_bytes()
    return httpx.post(f"{api}/predict", params={"full_scale": 4}, content=recording, headers=headers, timeout=60)


def _made_key() -> str:
    """Make a key as its user does, with `palier keys create`; it is shown this once."""
    command = ["keys", "create", "--stage", STAGE, "--name", "cloud", "--local", "--data-dir", str(DATA), "--json"]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("palier")), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CdkFailedError(done.stderr.strip())
    key: str = json.loads(done.stdout)["key"]
    return key


def down() -> None:
    """End the services and remove their data."""
    if running(DATA):
        os.kill(int(_pid_file().read_text()), signal.SIGTERM)
        _until(_let_go, END_TIMEOUT_S, "The embedded services do not end.")
    shutil.rmtree(DATA, ignore_errors=True)


def _started() -> Access:
    access = running(DATA)
    if access is None:
        # First: making the root, which DATA lies in, removes whatever was in its place.
        cloud_host()
        DATA.mkdir(parents=True, exist_ok=True)
        with (DATA / "log").open("wb") as log:
            command = [sys.executable, "-m", "build_scripts.local.cloud", "hold"]
            holder = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        _until(lambda: running(DATA) or holder.poll() is not None, START_TIMEOUT_S, "They do not start.")
        access = running(DATA)
    if access is None:
        raise NotHereError((DATA / "log").read_text().strip())
    return access


def _let_go() -> bool:
    """Return whether the data folder is free: its state has been written."""
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
