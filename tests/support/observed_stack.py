"""A stack to observe: the least that ObservabilityStack can be given, synthesized without an account."""

import json
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from cdk.alarm_thresholds import AlarmThresholds, Receiver
from cdk.observed import Observed
from cdk.stacks.observability import ObservabilityStack

RECEIVERS = (Receiver("page", "mailto:on-call@plant.example.org"), Receiver("ticket", "https://tickets.example.org/in"))
PROD = AlarmThresholds(silence_min=15, monthly_budget_usd=500)


def observed(stack: cdk.Stack, stage: str) -> Observed:
    """What the other stacks of a stage would give."""

    def function(name: str) -> lambda_.Function:
        code = lambda_.Code.from_inline("def handler(event, context): pass")
        return lambda_.Function(stack, name, runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler", code=code)

    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    return Observed(
        stage=stage,
        functions={name: function(name) for name in ("inference", "worker")},
        reserved_concurrency=100,
        api_name=f"palier-{stage}",
        api_stage=stage,
        throttle_rate_per_s=100,
        queue=sqs.Queue(stack, "Queue"),
        dead_letters=sqs.Queue(stack, "DeadLetters"),
        web_acl_metric=f"palier-{stage}",
        tables={"jobs": dynamodb.Table(stack, "Jobs", partition_key=key)},
    )


def make_app(outdir: str) -> tuple[cdk.App, dict[str, ObservabilityStack]]:
    """An app with the observability stacks of prod and dev."""
    app = cdk.App(outdir=outdir, tree_metadata=False, analytics_reporting=False)
    stacks = {}
    for stage, thresholds in (("prod", PROD), ("dev", AlarmThresholds())):
        base = cdk.Stack(app, f"palier-{stage}-base")
        stacks[stage] = ObservabilityStack(
            app,
            f"palier-{stage}-observability",
            observed=observed(base, stage),
            thresholds=thresholds,
            receivers=RECEIVERS if stage == "prod" else (),
        )
    return app, stacks


@lru_cache(maxsize=1)
def templates() -> dict[str, Path]:
    """The template file of each stage's observability stack; synthesized once."""
    app, stacks = make_app(mkdtemp(prefix="palier-observability-"))
    folder = Path(app.synth().directory)
    return {stage: folder / stack.template_file for stage, stack in stacks.items()}


def template(stage: str) -> dict[str, Any]:
    """The template of a stage's observability stack."""
    read: dict[str, Any] = json.loads(templates()[stage].read_text())
    return read
