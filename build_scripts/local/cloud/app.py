"""The stages that ship, synthesized for the emulator: run by the CDK's rules, with this machine's layers.

`python -m build_scripts.local.cloud.app FOLDER BUNDLE STAGE...`; PALIER_CLOUD_MEMORY changes the memory of inference,
PALIER_CLOUD_BROKEN adds to the stack that it names a resource that cannot be created, PALIER_CLOUD_DOOR adds a stage
with that door.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from aws_cdk import App, CfnResource, CliCredentialsStackSynthesizer

from build_scripts.local.lambda_sandbox.places import host_architecture
from cdk.alarm_thresholds import Receiver
from cdk.app import compose, feature_flags
from cdk.bundle import Bundle
from cdk.stacks.api import Source
from cdk.stage_parts import Architecture, Door
from cdk.stages import STAGES, Stage, StageName

# So short that a recording which no worker survives is put aside in a minute instead of hours.
WORKER_TIMEOUT_S = 2
MEMORY, BROKEN, DOOR = "PALIER_CLOUD_MEMORY", "PALIER_CLOUD_BROKEN", "PALIER_CLOUD_DOOR"
# Prod is refused without; the emulator sends no mail.
_SOMEBODY = Receiver("page", "mailto:oncall@plant.internal")
# None of those that ship: it is dev, behind another door.
DOOR_STAGE = cast("StageName", "local")


def stage_here(name: StageName) -> Stage:
    """Return a stage for the emulator: functions for this machine's processor, a worker that has little time."""
    shipped = STAGES[name]
    inference, worker = shipped.sizes["inference"], shipped.sizes["worker"]
    sizes = {
        "inference": replace(inference, memory_mb=int(os.environ.get(MEMORY, inference.memory_mb))),
        "worker": replace(worker, timeout_s=WORKER_TIMEOUT_S),
    }
    architecture = cast("Architecture", host_architecture())
    receivers = (*shipped.receivers, _SOMEBODY) if name == "prod" else shipped.receivers
    return replace(shipped, receivers=receivers, architecture=architecture, sizes={**shipped.sizes, **sizes})


def stage_behind(door: Door) -> Stage:
    """Return the stage dev with another door, for the emulator; plain http is for pages of dev alone."""
    authorization: Literal["iam", "keys"] = "iam" if door == "function_url" else "keys"
    return replace(stage_here("dev"), name=DOOR_STAGE, door=door, authorization=authorization, cors_origins=())


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
    stages = [stage_here(cast("StageName", name)) for name in names]
    if DOOR in os.environ:
        stages.append(stage_behind(cast("Door", os.environ[DOOR])))
    for stage in stages:
        stacks = compose(app, Source(stage, Bundle(Path(bundle))))
        if BROKEN in os.environ:
            policy = {"PolicyName": "broken", "PolicyDocument": {}, "Roles": ["palier-no-such-role"]}
            CfnResource(stacks[os.environ[BROKEN]], "Broken", type="AWS::IAM::Policy", properties=policy)
    app.synth()


if __name__ == "__main__":
    main()
