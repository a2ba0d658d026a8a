"""The CDK's own command line (npm), pointed at embedded services."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from build_scripts.embedded.services import ACCOUNT, REGION, client_environment
from tests.lambda_runtime.places import BUILD, ROOT, NotHereError

# The npm tag `latest` is an older 3.0.0, which cannot read what aws-cdk-lib writes today.
PACKAGE = "aws-cdk@2.1148.1"
NPM = BUILD / "cdk-cli"
TIMEOUT_S = 300


class CdkFailedError(Exception):
    """The command line ended with another status than 0; the message ends with its last words."""


@dataclass(frozen=True)
class CdkCommand:
    """The command line for one app and one endpoint; `app` is a Python module."""

    url: str
    app: str
    folder: Path

    def bootstrap(self) -> None:
        """Make what deployments need."""
        self._run("bootstrap", f"aws://{ACCOUNT}/{REGION}")

    def deploy(self, *stacks: str) -> dict[str, dict[str, str]]:
        """Deploy stacks and return their outputs."""
        outputs = self.folder / "outputs.json"
        self._run("deploy", *stacks, "--require-approval", "never", "--outputs-file", str(outputs))
        found: dict[str, dict[str, str]] = json.loads(outputs.read_text())
        return found

    def destroy(self, *stacks: str) -> None:
        """Remove stacks."""
        self._run("destroy", *stacks, "--force")

    def _run(self, *arguments: str) -> None:
        app = f"{sys.executable} -m {self.app}"
        command = [str(installed()), *arguments, "--app", app, "--output", str(self.folder / "cdk.out")]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        (self.folder / f"{arguments[0]}.log").write_text(done.stdout)
        if done.returncode:
            raise CdkFailedError(f"cdk {arguments[0]}: {done.stdout[-2000:]}")

    def _environment(self) -> Mapping[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "VIRTUAL_ENV") if name in os.environ}
        quiet = {
            "CI": "1",
            "NO_COLOR": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        }
        own = {"HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        return kept | quiet | own | client_environment(self.url)


def installed() -> Path:
    """Return the command, installed by npm where it is not; raises NotHereError where npm cannot."""
    command = NPM / "node_modules" / ".bin" / "cdk"
    if command.exists():
        return command
    if shutil.which("npm") is None:
        raise NotHereError("npm is not installed")
    NPM.mkdir(parents=True, exist_ok=True)
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(NPM), PACKAGE]
    done = subprocess.run(npm, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise NotHereError(f"npm cannot install {PACKAGE}: {done.stderr.strip().splitlines()[-1:]}")
    return command
