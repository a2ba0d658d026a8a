"""The first deployment of docs/deploy.md, word for word, by this machine's AWS services in place of AWS.

Three words of it mean something else here: `make` installs and builds nothing that is there, and deploys the templates
without what the emulator cannot create; `curl` asks the emulator where the URL names AWS, and again while the key is
too new for an instance that has just read the ring.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from build_scripts.local.aws.embedded.access import client_environment
from build_scripts.local.cloud.app import Change
from build_scripts.local.cloud.command_line import CdkFailedError
from build_scripts.local.lambda_sandbox.places import ROOT
from tests.build_scripts.local.cloud.conftest import STAGES, Cloud
from tests.support.waiting import SECONDS

MAKE = """#!/bin/sh
case "$1" in
  bundle) exec test -f build/bundle.json ;;
  deploy) export ARGS="--app {assembly} --require-approval never" ;;
esac
exec {make} -o .venv/.cdk -o cdk/node_modules/.cdk "$@"
"""
CURL = """#!/bin/sh
for argument; do
  shift
  set -- "$@" "$(printf %s "$argument" | sed -E 's#^https://([a-z0-9]+)[.]execute-api[^/]*/(dev)/#{url}/restapis/\\1/\\2/_user_request_/#')"
done
for second in $(seq 60); do
  answer=$({curl} "$@")
  case $answer in *api_key_invalid*) sleep 1 ;; *) break ;; esac
done
printf '%s\\n' "$answer"
"""
# What the script needs of this process; its region is its own.
KEPT = ("PATH", "LANG")


def script() -> str:
    page = (ROOT / "docs" / "deploy.md").read_text()
    (block,) = re.findall(r"^```sh first deployment\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return str(block)


def write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def here(cloud: Cloud, tmp_path: Path) -> dict[str, str]:
    """The environment of the script."""
    make, curl = shutil.which("make"), shutil.which("curl")
    if make is None or curl is None:
        pytest.skip("make or curl is not installed")
    cloud.deployment.synthesize(*STAGES)
    write(tmp_path / "make", MAKE.format(assembly=cloud.deployment.assembly.folder, make=make))
    write(tmp_path / "curl", CURL.format(url=cloud.deployment.access.url, curl=curl))
    aws = {name: value for name, value in client_environment(cloud.deployment.access).items() if "REGION" not in name}
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    quiet = {"CI": "1", "CDK_DISABLE_CLI_TELEMETRY": "true", "HOME": str(tmp_path)}
    return {**kept, **aws, **quiet, "PATH": f"{tmp_path}:{kept['PATH']}", "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="the page's commands need the .venv that make creates")
def test_the_script_of_the_page_diagnoses_a_recording(here: dict[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-e", "-c", script()], cwd=ROOT, env=here, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    diagnosis = json.loads(done.stdout.strip().splitlines()[-1])
    assert diagnosis.get("class_id") == "clearance", diagnosis


def test_without_a_region_nothing_is_made(here: dict[str, str]) -> None:
    command = [sys.executable, "-m", "cdk", "url", "--stage", "dev"]
    done = subprocess.run(command, cwd=ROOT, env=here, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no AWS region: set AWS_REGION, or a region in the AWS profile.\n"


def test_a_first_deployment_of_prod_that_fails_leaves_nothing_and_is_made_anew(cloud: Cloud) -> None:
    """What prod retains is retained from a stack that was there, not from one that never was."""
    cloud.deployment.synthesize("prod", change=Change(broken="data"))
    with pytest.raises(CdkFailedError, match="ROLLBACK"):
        cloud.deployment.deploy("palier-prod-data")
    assert prod_s(cloud) == []
    cloud.deployment.synthesize("prod")
    cloud.deployment.deploy("palier-prod-data")
    assert len(prod_s(cloud)) == 4


def prod_s(cloud: Cloud) -> list[str]:
    """Tables and buckets of prod's data."""
    tables = cloud.client("dynamodb").list_tables()["TableNames"]
    buckets = [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]]
    return [name for name in (*tables, *buckets) if name.startswith("palier-prod-data")]
