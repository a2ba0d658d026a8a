"""Alarms on the objectives of availability and latency, and on their error budgets."""

from collections.abc import Callable

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.alarm_thresholds import BurnRate
from cdk.constructs.observability.alarms.factory import AlarmFactory, Condition, MinimumSample
from cdk.constructs.observability.stage_metrics import SUM

_HOUR = Duration.hours(1)
# The latency objective is of the 95th percentile: this share of the requests may be slower.
_MAY_BE_SLOW = 0.05

# Returns the share of a window's requests that spent the error budget, in percent; 0 below so many requests.
_Spent = Callable[[AlarmFactory, Duration, int], cloudwatch.MathExpression]


def objective_alarms(factory: AlarmFactory) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on both objectives over an hour, and on both error budgets that burn too fast."""
    metrics, thresholds = factory.metrics, factory.thresholds
    failed = _failed(factory, _HOUR, thresholds.min_requests)
    latency = MinimumSample(metrics.requests(_HOUR), thresholds.min_requests).value(
        metrics.api("Latency", cloudwatch.Stats.p(95), _HOUR), _HOUR, "latency p95 (ms)"
    )
    return [
        factory.alarm("availability-slo", Condition(failed, 100 * _may_fail(factory))),
        factory.alarm("latency-slo", Condition(latency, thresholds.latency_slo_p95_ms)),
        _failing(factory, "availability-burn-fast", thresholds.fast_burn),
        _failing(factory, "availability-burn-slow", thresholds.slow_burn),
        _slowing(factory, "latency-burn-fast", thresholds.fast_burn),
        _slowing(factory, "latency-burn-slow", thresholds.slow_burn),
    ]


def _failing(factory: AlarmFactory, name: str, burn: BurnRate) -> cloudwatch.AlarmBase:
    return _burning(factory, name, burn, _may_fail(factory), _failed)


def _slowing(factory: AlarmFactory, name: str, burn: BurnRate) -> cloudwatch.AlarmBase:
    return _burning(factory, name, burn, _MAY_BE_SLOW, _slow)


def _burning(factory: AlarmFactory, name: str, burn: BurnRate, budget: float, spent: _Spent) -> cloudwatch.AlarmBase:
    # The long window shows that it matters, the short one that it goes on: the long one alone needs enough requests.
    windows = ((burn.long_min, factory.thresholds.min_requests), (burn.short_min, 1))
    parts = [
        factory.part_of(
            name,
            f"{minutes}m",
            Condition(spent(factory, Duration.minutes(minutes), at_least), 100 * burn.rate * budget),
        )
        for minutes, at_least in windows
    ]
    return factory.all_of(name, *parts)


def _may_fail(factory: AlarmFactory) -> float:
    return 1 - factory.thresholds.availability_slo


def _failed(factory: AlarmFactory, period: Duration, at_least: int) -> cloudwatch.MathExpression:
    sample = MinimumSample(factory.metrics.requests(period), at_least)
    return sample.share(factory.metrics.api("5XXError", SUM, period), period, "failed (%)")


def _slow(factory: AlarmFactory, period: Duration, at_least: int) -> cloudwatch.MathExpression:
    sample = MinimumSample(factory.metrics.requests(period), at_least)
    in_time = cloudwatch.Stats.percentile_rank(factory.thresholds.latency_slo_p95_ms)
    return sample.rest(factory.metrics.api("Latency", in_time, period), period, "slow (%)")
