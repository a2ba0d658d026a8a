"""The resources of a stage that its alarms and its dashboard monitor."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from cdk.alarm_notes import RUNBOOK
from cdk.constructs.observability.door_metrics import DoorMetrics


@dataclass(frozen=True)
class MonitoredStage:
    """The monitored resources of one deployed stage, from its other stacks.

    functions: by their short names, the dimension `Function` of Palier's own metrics; `inference` and
    `worker` are among them.
    Functions, not aliases: Lambda counts concurrency for the function alone. reserved_concurrency: of `inference`.
    throttle_rate_per_s: the rate that API Gateway allows all callers together. web_acl_metric: the metric name in the
    web ACL's visibility configuration. alert_rule: the dimensions of the rule that forwards changes of assets;
    undelivered: its dead-letter queue.
    door: of a stage whose door is no REST API; such a stage has no web ACL.
    key: encrypts the messages of its alarms. gpu_memory_percent: of a stage that has GPUs. runbook: where alarms link
    to.
    """

    stage: str
    functions: Mapping[str, lambda_.IFunction]
    reserved_concurrency: int
    api_name: str
    api_stage: str
    throttle_rate_per_s: float
    queue: sqs.IQueue
    dead_letters: sqs.IQueue
    web_acl_metric: str | None
    alert_rule: Mapping[str, str]
    undelivered: sqs.IQueue
    key: kms.IKey
    tables: Mapping[str, dynamodb.ITable] = field(default_factory=dict)
    door: DoorMetrics | None = None
    gpu_memory_percent: cloudwatch.IMetric | None = None
    runbook: str = RUNBOOK
