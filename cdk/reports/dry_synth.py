"""Costs of all stages, from templates that are synthesized into a temporary folder."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aws_cdk import App

from cdk.alarm_thresholds import Receiver
from cdk.app import compose, feature_flags
from cdk.bundle import Bundle, BundleError
from cdk.refusals import StageError
from cdk.reports.cost import StageCost, Template, cost
from cdk.stacks.api import Source
from cdk.stages import STAGES, Stage

# A receiver of the alarms changes neither their number nor their price.
_SOMEBODY = Receiver("page", "mailto:oncall@plant.internal")


def stage_costs(bundle: Path) -> list[StageCost]:
    """Return the costs of every stage.

    Raises:
        StageError: a stage must not be deployed, or there is no bundle.
    """
    stages = [replace(stage, receivers=(*stage.receivers, _SOMEBODY)) for stage in STAGES.values()]
    try:
        return [cost(stage, templates) for stage, templates in zip(stages, _templates(stages, bundle), strict=True)]
    except BundleError as error:
        raise StageError(str(error)) from error


def _templates(stages: Sequence[Stage], bundle: Path) -> list[list[Template]]:
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder, context=feature_flags(), builtin_cloud_formation_validation=False, tree_metadata=False)
        names = [
            [stack.template_file for stack in compose(app, Source(stage, Bundle(bundle))).values()] for stage in stages
        ]
        app.synth()
        return [[json.loads((Path(folder) / name).read_bytes()) for name in one] for one in names]
