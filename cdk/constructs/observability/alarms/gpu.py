"""Is there room on the GPU? For the stack that has one."""

from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.constructs.observability.alarms.watch import Condition, Watch


def gpu_memory_alarm(watch: Watch, used_percent: cloudwatch.IMetric) -> cloudwatch.Alarm:
    """Make the alarm on a GPU's memory; `used_percent` is the metric of whatever runs the container."""
    return watch.alarm("gpu-memory", Condition(used_percent, 100 * watch.thresholds.gpu_memory_share))
