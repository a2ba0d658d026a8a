"""The alarm on a GPU's memory, on whatever metric has it."""

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.alarm_thresholds import AlarmThresholds
from cdk.constructs.observability.alarm_topics import AlarmTopics
from cdk.constructs.observability.alarms.capacity import gpu_memory_alarm
from cdk.constructs.observability.alarms.factory import AlarmFactory
from cdk.constructs.observability.stage_metrics import StageMetrics
from tests.cdk.monitored_stage import alarms, monitored_stage


def test_gpu_memory_is_for_a_stack_that_has_a_gpu() -> None:
    stack = cdk.Stack(cdk.App(), "gpu")
    monitored = monitored_stage(stack, "prod")
    topics = AlarmTopics(stack, "Topics", stage="prod", key=monitored.key, receivers=())
    used = cloudwatch.Metric(namespace="Gpu", metric_name="Used", statistic="Maximum")
    gpu_memory_alarm(AlarmFactory(stack, StageMetrics(monitored), AlarmThresholds(), topics), used)
    assertions.Template.from_stack(stack).has_resource_properties(
        "AWS::CloudWatch::Alarm", {"AlarmName": "palier-prod-gpu-memory", "Namespace": "Gpu", "Threshold": 90}
    )
    assert "gpu-memory" not in alarms("prod")
