"""The stages that ship, synthesized for the emulator: by the CDK's rules, with this machine's layers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
# Prod is refused without; the emulator sends no mail.
_SOMEBODY = Receiver("page", "mailto:oncall@plant.internal")
# None of those that ship: it is dev, behind another door.
DOOR_STAGE = cast("StageName", "local")


@dataclass(frozen=True)
class Change:
    """What differs from the stages that ship.

    memory_mb: memory of inference; broken: part of a stage, whose stack gets a resource that cannot be created;
    door: dev is added behind this door.
    """

    memory_mb: int | None = None
    broken: str | None = None
    door: Door | None = None


def stage_here(name: StageName, change: Change) -> Stage:
    """Return a stage for the emulator: functions for this machine's processor, a worker that has little time."""
    shipped = STAGES[name]
    inference, worker = shipped.sizes["inference"], shipped.sizes["worker"]
    sizes = {
        "inference": replace(inference, memory_mb=change.memory_mb or inference.memory_mb),
        "worker": replace(worker, timeout_s=WORKER_TIMEOUT_S),
    }
    architecture = cast("Architecture", host_architecture())
    receivers = (*shipped.receivers, _SOMEBODY) if name == "prod" else shipped.receivers
    return replace(shipped, receivers=receivers, architecture=architecture, sizes={**shipped.sizes, **sizes})


def stage_behind(door: Door, change: Change) -> Stage:
    """Return the stage dev with another door, for the emulator; plain http is for pages of dev alone."""
    authorization: Literal["iam", "keys"] = "iam" if door == "function_url" else "keys"
    stage = stage_here("dev", change)
    return replace(stage, name=DOOR_STAGE, door=door, authorization=authorization, cors_origins=())


def write_templates(folder: Path, bundle: Bundle, names: Sequence[StageName], change: Change) -> None:
    """Synthesize stages into a folder.

    Raises:
        StageError, BundleError: as `compose`.
    """
    # The emulator enforces roles only for the credentials of whoever deploys.
    app = App(
        outdir=str(folder),
        context=feature_flags(),
        default_stack_synthesizer=CliCredentialsStackSynthesizer(),
        builtin_cloud_formation_validation=False,
        tree_metadata=False,
    )
    stages = [stage_here(name, change) for name in names]
    if change.door is not None:
        stages.append(stage_behind(change.door, change))
    for stage in stages:
        stacks = compose(app, Source(stage, bundle))
        if change.broken is not None:
            policy = {"PolicyName": "broken", "PolicyDocument": {}, "Roles": ["palier-no-such-role"]}
            CfnResource(stacks[change.broken], "Broken", type="AWS::IAM::Policy", properties=policy)
    app.synth()
