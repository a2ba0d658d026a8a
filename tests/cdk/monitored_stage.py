"""A stage to monitor, made of names only: the least that ObservabilityStack needs."""

import atexit
import json
import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from cdk.alarm_thresholds import AlarmThresholds, Receiver
from cdk.constructs.observability.monitored_stage import MonitoredStage
from cdk.stacks.observability import ObservabilityStack

Name = Literal["prod", "dev"]

RECEIVERS = (Receiver("page", "mailto:on-call@plant.example.org"), Receiver("ticket", "https://tickets.example.org/in"))
THRESHOLDS = {"prod": AlarmThresholds(silence_min=15, monthly_budget_usd=500), "dev": AlarmThresholds()}


def monitored_stage(scope: Construct, stage: str) -> MonitoredStage:
    """What the other stacks of a stage would give."""
    queue_arn = f"arn:aws:sqs:eu-central-1:123456789012:palier-{stage}"
    function_arn = f"arn:aws:lambda:eu-central-1:123456789012:function:palier-{stage}"
    return MonitoredStage(
        stage=stage,
        functions={
            name: lambda_.Function.from_function_arn(scope, name, f"{function_arn}-{name}")
            for name in ("inference", "rotation", "worker")
        },
        reserved_concurrency=100,
        api_name=f"palier-{stage}",
        api_stage=stage,
        throttle_rate_per_s=100,
        queue=sqs.Queue.from_queue_arn(scope, "Queue", f"{queue_arn}-jobs"),
        dead_letters=sqs.Queue.from_queue_arn(scope, "DeadLetters", f"{queue_arn}-dead"),
        web_acl_metric=f"palier-{stage}",
        key=kms.Key(scope, "Key", enable_key_rotation=True),
        alert_rule={"EventBusName": f"palier-{stage}", "RuleName": f"palier-{stage}-assets"},
        undelivered=sqs.Queue.from_queue_arn(scope, "Undelivered", f"{queue_arn}-undelivered"),
        tables={
            name: dynamodb.Table.from_table_name(scope, f"Table{name}", f"palier-{stage}-{name}")
            for name in ("jobs", "history")
        },
    )


def make_app() -> cdk.App:
    """An app under AwsSolutions' rules: synthesis raises where one is broken."""
    folder = mkdtemp(prefix="palier-observability-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    app = cdk.App(
        outdir=folder,
        tree_metadata=False,
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    return app


@lru_cache(maxsize=1)
def template_files() -> dict[str, Path]:
    """The template file of each stage's observability stack; synthesized once."""
    app = make_app()
    stacks = {
        stage: ObservabilityStack(
            app,
            f"palier-{stage}-observability",
            monitored=monitored_stage(cdk.Stack(app, f"palier-{stage}-base"), stage),
            thresholds=thresholds,
            receivers=RECEIVERS if stage == "prod" else (),
        )
        for stage, thresholds in THRESHOLDS.items()
    }
    folder = Path(app.synth().directory)
    return {stage: folder / stack.template_file for stage, stack in stacks.items()}


def template(stage: Name) -> dict[str, Any]:
    """The template of a stage's observability stack."""
    read: dict[str, Any] = json.loads(template_files()[stage].read_text())
    return read


def resources(stage: Name, *kinds: str) -> list[dict[str, Any]]:
    """The properties of a stage's resources of some types."""
    return [one["Properties"] for one in template(stage)["Resources"].values() if one["Type"] in kinds]


def alarms(stage: Name) -> dict[str, dict[str, Any]]:
    """The properties of a stage's metric and composite alarms, by name without what comes before it."""
    found = resources(stage, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    return {one["AlarmName"].removeprefix(f"palier-{stage}-"): one for one in found}
