"""The stages that ship, deployed to embedded services by the CDK's own command line."""

import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from build_scripts.local.aws.embedded.access import Access
from build_scripts.local.cloud.app import Change, write_templates
from build_scripts.local.cloud.command_line import CdkCommand, CdkFailedError
from build_scripts.local.cloud.stripping import strip_assembly
from build_scripts.local.lambda_sandbox.places import BUILD
from cdk.bundle import Bundle, BundleError
from cdk.refusals import StageError
from cdk.stages import StageName

AS_SHIPPED = Change()


@dataclass(frozen=True)
class Assembly:
    """A folder of templates; `removed` counts, by type, the resources that were left out."""

    folder: Path
    removed: Counter[str]


@dataclass
class Deployment:
    """Stages in embedded services; templates are those that were synthesized last, and are written once."""

    access: Access
    folder: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    _assemblies: dict[tuple[tuple[StageName, ...], Change], Assembly] = field(default_factory=dict)
    _chosen: tuple[tuple[StageName, ...], Change] = ((), AS_SHIPPED)

    @property
    def cdk(self) -> CdkCommand:
        """The command line."""
        return CdkCommand(self.access, self.folder)

    @property
    def assembly(self) -> Assembly:
        """The templates that are deployed."""
        return self._assemblies[self._chosen]

    def synthesize(self, *stages: StageName, change: Change = AS_SHIPPED) -> None:
        """Write the stages' templates, without what the emulator cannot create.

        Raises:
            CdkFailedError: a stage must not be deployed, or the bundle is missing or incomplete.
        """
        self._chosen = (stages, change)
        if self._chosen in self._assemblies:
            return
        folder = self.folder / f"cdk.out-{len(self._assemblies)}"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            write_templates(folder, Bundle(BUILD), stages, change)
        except (StageError, BundleError) as reason:
            raise CdkFailedError(f"synth: {reason}") from reason
        self._assemblies[self._chosen] = Assembly(folder, strip_assembly(folder))

    def deploy(self, *stacks: str) -> None:
        """Deploy what was synthesized."""
        self.outputs |= self.cdk.deploy(self.assembly.folder, *stacks)

    def api(self, stage: StageName) -> str:
        """URL of a stage's API at the emulator: the URL of the stack's output is AWS's."""
        api_id = self.outputs[f"palier-{stage}-api"]["Url"].partition("//")[2].partition(".")[0]
        return f"{self.access.url}/restapis/{api_id}/{stage}/_user_request_"
