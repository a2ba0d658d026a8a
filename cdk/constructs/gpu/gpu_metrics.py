"""Metrics of the GPUs: the configuration of an instance's CloudWatch agent, and the metrics that it sends."""

import json

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "Palier/Gpu"
UTILIZATION, MEMORY_USED, MEMORY_TOTAL = "GpuUtilization", "GpuMemoryUsed", "GpuMemoryTotal"
# The agent's name -> ours and its unit. Not utilization_memory: that is how often memory is read or written.
# Source: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-NVIDIA-GPU.html
_MEASURED = {
    "utilization_gpu": (UTILIZATION, "Percent"),
    "memory_used": (MEMORY_USED, "Megabytes"),
    "memory_total": (MEMORY_TOTAL, "Megabytes"),
}
_INTERVAL_S = 60


def agent_configuration(stage: str) -> str:
    """Return the agent's configuration, JSON: every metric once more for the stage as a whole.

    The stage's name is a dimension of its own: for the name of the instance's group the agent would need EC2's API,
    which it cannot reach.
    """
    collected = {
        "measurement": [{"name": name, "rename": ours, "unit": unit} for name, (ours, unit) in _MEASURED.items()],
        "metrics_collection_interval": _INTERVAL_S,
        "append_dimensions": {"Stage": stage},
    }
    metrics = {
        "namespace": NAMESPACE,
        "aggregation_dimensions": [["Stage"]],
        "metrics_collected": {"nvidia_gpu": collected},
    }
    return json.dumps({"agent": {"metrics_collection_interval": _INTERVAL_S}, "metrics": metrics}, indent=2)


def gpu_utilization(stage: str) -> cloudwatch.Metric:
    """Return the utilization of a stage's GPUs, in percent of the time, their mean."""
    return _metric(UTILIZATION, stage, cloudwatch.Stats.AVERAGE)


def gpu_memory_percent(stage: str) -> cloudwatch.MathExpression:
    """Return the percentage of its memory that the fullest GPU of a stage uses."""
    return cloudwatch.MathExpression(
        expression="100 * used / total",
        using_metrics={
            "used": _metric(MEMORY_USED, stage, cloudwatch.Stats.MAXIMUM),
            "total": _metric(MEMORY_TOTAL, stage, cloudwatch.Stats.MINIMUM),
        },
        period=Duration.minutes(1),
        label="GPU memory (%)",
    )


def _metric(name: str, stage: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"Stage": stage},
        statistic=statistic,
        period=Duration.minutes(1),
    )
