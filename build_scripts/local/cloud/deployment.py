"""The stages that ship, deployed to embedded services by the CDK's own command line."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from build_scripts.local.aws.embedded.access import Access
from build_scripts.local.cloud.command_line import CdkCommand, CdkFailedError
from build_scripts.local.cloud.stripping import strip_assembly
from build_scripts.local.lambda_sandbox.places import BUILD, ROOT
from cdk.stages import StageName

SYNTH_TIMEOUT_S = 300


@dataclass
class Deployment:
    """Stages in embedded services; `removed` counts, by type, the resources that were left out."""

    access: Access
    folder: Path
    removed: Counter[str] = field(default_factory=Counter)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def cdk(self) -> CdkCommand:
        """The command line."""
        return CdkCommand(self.access, self.folder)

    @property
    def assembly(self) -> Path:
        """Folder of the templates that are deployed."""
        return self.folder / "cdk.out"

    def synthesize(self, *stages: StageName, **changed: str) -> None:
        """Write the stages' templates, without what the emulator cannot create; `changed`: the variables of app.py."""
        shutil.rmtree(self.assembly, ignore_errors=True)
        command = [sys.executable, "-m", "build_scripts.local.cloud.app", str(self.assembly), str(BUILD), *stages]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=dict(os.environ) | {"PYTHONPATH": str(ROOT)} | changed,
            capture_output=True,
            text=True,
            timeout=SYNTH_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            raise CdkFailedError(f"synth: {done.stderr[-2000:]}")
        self.removed = strip_assembly(self.assembly)

    def deploy(self, *stacks: str) -> None:
        """Deploy what was synthesized."""
        self.outputs |= self.cdk.deploy(self.assembly, *stacks)

    def api(self, stage: StageName) -> str:
        """URL of a stage's API at the emulator: the URL of the stack's output is AWS's."""
        api_id = self.outputs[f"palier-{stage}-api"]["Url"].partition("//")[2].partition(".")[0]
        return f"{self.access.url}/restapis/{api_id}/{stage}/_user_request_"
