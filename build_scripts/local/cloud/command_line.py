"""The CDK's own command line (npm), pointed at embedded services."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from build_scripts.local.aws.embedded.access import ACCOUNT, REGION, Access, client_environment
from build_scripts.local.lambda_sandbox.places import ROOT, NotHereError

CDK = ROOT / "cdk"
TIMEOUT_S = 300


class CdkFailedError(Exception):
    """The command line ended with another status than 0; the message ends with its last output."""


@dataclass(frozen=True)
class CdkCommand:
    """The command line for embedded services; `folder` takes its outputs and logs."""

    access: Access
    folder: Path

    def bootstrap(self) -> None:
        """Bootstrap the account, as deployments need it."""
        self._run("bootstrap", f"aws://{ACCOUNT}/{REGION}")

    def deploy(self, assembly: Path, *stacks: str) -> dict[str, dict[str, str]]:
        """Deploy stacks of an assembly, all without names, and return their outputs."""
        outputs = self.folder / "outputs.json"
        outputs.unlink(missing_ok=True)
        chosen = stacks or ("--all",)
        options = ("--require-approval", "never", "--outputs-file", str(outputs))
        self._run("deploy", *chosen, *options, "--app", str(assembly))
        found: dict[str, dict[str, str]] = json.loads(outputs.read_text()) if outputs.exists() else {}
        return found

    def destroy(self, assembly: Path, *stacks: str) -> None:
        """Remove stacks, all without names."""
        self._run("destroy", *(stacks or ("--all",)), "--force", "--app", str(assembly))

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(installed()), *arguments],
            cwd=self.folder,
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
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        quiet = {
            "CI": "1",
            "NO_COLOR": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
        }
        return kept | quiet | {"HOME": str(self.folder)} | client_environment(self.access)


def installed() -> Path:
    """Return the command that cdk/package-lock.json pins, installed where it is not; raises NotHereError."""
    command = CDK / "node_modules" / ".bin" / "cdk"
    if command.exists():
        return command
    if shutil.which("npm") is None:
        raise NotHereError("npm is not installed")
    npm = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(CDK)]
    done = subprocess.run(npm, cwd=CDK, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise NotHereError(f"npm cannot install the CDK's command line: {done.stderr.strip().splitlines()[-1:]}")
    return command
