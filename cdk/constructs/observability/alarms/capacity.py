"""Alarms on capacity: instances, memory, cold starts, rate, silence, and the memory of the GPU."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.constructs.observability.alarms.factory import AlarmFactory, Condition, MinimumSample
from cdk.constructs.observability.stage_metrics import FIVE_MINUTES, MAXIMUM, MINUTE, SUM

_SILENCE_PERIOD_MIN = 5


def capacity_alarms(factory: AlarmFactory) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on throttles, concurrency, memory, starts, rate and volume; on silence where the stage asks."""
    metrics, thresholds = factory.metrics, factory.thresholds
    # On Lambda memory fixes the share of a processor, so instances run out, not processors.
    throttled = MinimumSample(metrics.requests(), thresholds.min_requests).share(
        metrics.function("Throttles", SUM), FIVE_MINUTES, "turned away (%)"
    )
    busy = metrics.monitored.reserved_concurrency * thresholds.concurrency_share
    per_minute = 60 * metrics.monitored.throttle_rate_per_s * thresholds.rate_limit_share
    cold = MinimumSample(metrics.palier("Requests", SUM), thresholds.min_requests).share(
        metrics.palier("ColdStart", SUM), Duration.minutes(15), "cold starts (%)"
    )
    memory = metrics.palier("MemoryUsed", MAXIMUM)
    return [
        factory.alarm(
            "throttle-pressure",
            Condition(throttled, 100 * thresholds.throttle_share, 2),
        ),
        factory.alarm("concurrency-pressure", Condition(metrics.function("ConcurrentExecutions", MAXIMUM), busy, 2)),
        factory.alarm("memory-high", Condition(memory, 100 * thresholds.memory_share)),
        factory.alarm("memory-critical", Condition(memory, 100 * thresholds.memory_critical_share)),
        factory.alarm("approaching-rate-limit", Condition(metrics.requests(MINUTE), per_minute, 5)),
        factory.alarm(
            "high-inference-volume",
            Condition(metrics.palier("Diagnoses", SUM), 5 * thresholds.inferences_per_min, 2),
        ),
        factory.alarm(
            "cold-start-share",
            Condition(cold, 100 * thresholds.cold_start_share),
        ),
        *_silence(factory, thresholds.silence_min),
    ]


def _silence(factory: AlarmFactory, silence_min: int | None) -> list[cloudwatch.AlarmBase]:
    if silence_min is None:
        return []
    condition = Condition(
        factory.metrics.requests(FIVE_MINUTES),
        1,
        periods=silence_min // _SILENCE_PERIOD_MIN,
        below=True,
        # API Gateway writes no data where there are no requests.
        missing=cloudwatch.TreatMissingData.BREACHING,
    )
    return [factory.alarm("no-requests", condition)]


def gpu_memory_alarm(factory: AlarmFactory, used_percent: cloudwatch.IMetric) -> cloudwatch.Alarm:
    """Make the alarm on a GPU's memory; `used_percent` is the metric of the container's instances."""
    return factory.alarm("gpu-memory", Condition(used_percent, 100 * factory.thresholds.gpu_memory_share))
