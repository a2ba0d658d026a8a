"""The stages that ship, synthesized for the emulator: run by the CDK's rules, with this machine's layers.

`python -m build_scripts.local.cloud.app FOLDER BUNDLE STAGE...`; PALIER_CLOUD_MEMORY changes the memory of inference,
PALIER_CLOUD_BROKEN adds to the API's stack a resource that cannot be created.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

from aws_cdk import App, CfnResource, CliCredentialsStackSynthesizer

from build_scripts.local.lambda_sandbox.places import host_architecture
from cdk.app import compose, feature_flags
from cdk.bundle import Bundle
from cdk.stacks.api import Source
from cdk.stage_parts import Architecture
from cdk.stages import STAGES, Stage, StageName

# So short that a recording which no worker survives is put aside in a minute instead of hours.
WORKER_TIMEOUT_S = 2
MEMORY, BROKEN = "PALIER_CLOUD_MEMORY", "PALIER_CLOUD_BROKEN"


def stage_here(name: StageName) -> Stage:
    """Return a stage for the emulator: functions for this machine's processor, a worker that has little time."""
    shipped = STAGES[name]
    inference, worker = shipped.sizes["inference"], shipped.sizes["worker"]
    sizes = {
        "inference": replace(inference, memory_mb=int(os.environ.get(MEMORY, inference.memory_mb))),
        "worker": replace(worker, timeout_s=WORKER_TIMEOUT_S),
    }
    architecture = cast("Architecture", host_architecture())
    return replace(shipped, architecture=architecture, sizes={**shipped.sizes, **sizes})


def main() -> None:
    """Synthesize stages into a folder."""
    folder, bundle, *names = sys.argv[1:]
    # The emulator enforces roles only for the credentials of whoever deploys.
    app = App(
        outdir=folder,
        context=feature_flags(),
        default_stack_synthesizer=CliCredentialsStackSynthesizer(),
        builtin_cloud_formation_validation=False,
        tree_metadata=False,
    )
    for name in names:
        stacks = compose(app, Source(stage_here(cast("StageName", name)), Bundle(Path(bundle))))
        if BROKEN in os.environ:
            policy = {"PolicyName": "broken", "PolicyDocument": {}, "Roles": ["palier-no-such-role"]}
            CfnResource(stacks["api"], "Broken", type="AWS::IAM::Policy", properties=policy)
    app.synth()


if __name__ == "__main__":
    main()
