"""Is what was promised kept?"""

from collections.abc import Callable

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.alarm_thresholds import BurnRate
from cdk.constructs.observability.alarms.watch import Condition, Guard, Watch
from cdk.measured import SUM

_HOUR = Duration.hours(1)
# The latency objective speaks of the 95th percentile: so many requests may be slower.
_MAY_BE_SLOW = 0.05

# What of a window's requests was spent of the budget, in percent; 0 below so many requests.
_Spent = Callable[[Watch, Duration, int], cloudwatch.MathExpression]


def objective_alarms(watch: Watch) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on both objectives over an hour, and on both error budgets that burn too fast."""
    measured, thresholds = watch.measured, watch.thresholds
    failed = _failed(watch, _HOUR, thresholds.min_requests)
    latency = Guard(measured.requests(_HOUR), thresholds.min_requests).value(
        measured.api("Latency", cloudwatch.Stats.p(95), _HOUR), _HOUR, "latency p95 (ms)"
    )
    return [
        watch.alarm("availability-slo", Condition(failed, 100 * _may_fail(watch))),
        watch.alarm("latency-slo", Condition(latency, thresholds.latency_slo_p95_ms)),
        _failing(watch, "availability-burn-fast", thresholds.fast_burn),
        _failing(watch, "availability-burn-slow", thresholds.slow_burn),
        _slowing(watch, "latency-burn-fast", thresholds.fast_burn),
        _slowing(watch, "latency-burn-slow", thresholds.slow_burn),
    ]


def _failing(watch: Watch, name: str, burn: BurnRate) -> cloudwatch.AlarmBase:
    return _burning(watch, name, burn, _may_fail(watch), _failed)


def _slowing(watch: Watch, name: str, burn: BurnRate) -> cloudwatch.AlarmBase:
    return _burning(watch, name, burn, _MAY_BE_SLOW, _slow)


def _burning(watch: Watch, name: str, burn: BurnRate, budget: float, spent: _Spent) -> cloudwatch.AlarmBase:
    # The long window says that it matters, the short one that it still goes on: the long one alone needs the guard.
    windows = ((burn.long_min, watch.thresholds.min_requests), (burn.short_min, 1))
    parts = [
        watch.part(
            name,
            f"{minutes}m",
            Condition(spent(watch, Duration.minutes(minutes), at_least), 100 * burn.rate * budget),
        )
        for minutes, at_least in windows
    ]
    return watch.all_of(name, *parts)


def _may_fail(watch: Watch) -> float:
    return 1 - watch.thresholds.availability_slo


def _failed(watch: Watch, period: Duration, at_least: int) -> cloudwatch.MathExpression:
    guard = Guard(watch.measured.requests(period), at_least)
    return guard.share(watch.measured.api("5XXError", SUM, period), period, "failed (%)")


def _slow(watch: Watch, period: Duration, at_least: int) -> cloudwatch.MathExpression:
    guard = Guard(watch.measured.requests(period), at_least)
    in_time = cloudwatch.Stats.percentile_rank(watch.thresholds.latency_slo_p95_ms)
    return guard.rest(watch.measured.api("Latency", in_time, period), period, "slow (%)")
