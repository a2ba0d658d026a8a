"""Is what was promised kept?"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.alarm_thresholds import BurnRate
from cdk.constructs.alarms.watch import Condition, Guard, Watch
from cdk.measured import SUM

_HOUR = Duration.hours(1)
# The latency objective speaks of the 95th percentile: so many requests may be slower.
_MAY_BE_SLOW = 0.05


def objective_alarms(watch: Watch) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on both objectives over an hour, and on both error budgets that burn too fast."""
    measured, thresholds = watch.measured, watch.thresholds
    latency = _guard(watch, _HOUR).value(
        measured.api("Latency", cloudwatch.Stats.p(95), _HOUR), _HOUR, "latency p95 (ms)"
    )
    return [
        watch.alarm("availability-slo", Condition(_failed(watch, _HOUR), 100 * _may_fail(watch))),
        watch.alarm("latency-slo", Condition(latency, thresholds.latency_slo_p95_ms)),
        _failing(watch, "availability-burn-fast", thresholds.fast_burn),
        _failing(watch, "availability-burn-slow", thresholds.slow_burn),
        _slowing(watch, "latency-burn-fast", thresholds.fast_burn),
        _slowing(watch, "latency-burn-slow", thresholds.slow_burn),
    ]


def _failing(watch: Watch, name: str, burn: BurnRate) -> cloudwatch.AlarmBase:
    threshold = 100 * burn.rate * _may_fail(watch)
    parts = [
        watch.part(name, f"{minutes}m", Condition(_failed(watch, Duration.minutes(minutes)), threshold))
        for minutes in (burn.long_min, burn.short_min)
    ]
    return watch.all_of(name, *parts)


def _slowing(watch: Watch, name: str, burn: BurnRate) -> cloudwatch.AlarmBase:
    threshold = 100 * burn.rate * _MAY_BE_SLOW
    parts = [
        watch.part(name, f"{minutes}m", Condition(_slow(watch, Duration.minutes(minutes)), threshold))
        for minutes in (burn.long_min, burn.short_min)
    ]
    return watch.all_of(name, *parts)


def _may_fail(watch: Watch) -> float:
    return 1 - watch.thresholds.availability_slo


def _guard(watch: Watch, period: Duration) -> Guard:
    return Guard(watch.measured.requests(period), watch.thresholds.min_requests)


def _failed(watch: Watch, period: Duration) -> cloudwatch.MathExpression:
    return _guard(watch, period).share(watch.measured.api("5XXError", SUM, period), period, "failed (%)")


def _slow(watch: Watch, period: Duration) -> cloudwatch.MathExpression:
    in_time = cloudwatch.Stats.percentile_rank(watch.thresholds.latency_slo_p95_ms)
    return _guard(watch, period).rest(watch.measured.api("Latency", in_time, period), period, "slow (%)")
