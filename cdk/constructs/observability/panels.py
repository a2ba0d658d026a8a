"""The rows of panels of the dashboard; each row is 24 columns wide."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.alarm_thresholds import AlarmThresholds
from cdk.measured import FIVE_MINUTES, MAXIMUM, MINUTE, SUM, Measured

_P50, _P95, _P99 = (cloudwatch.Stats.p(percent) for percent in (50, 95, 99))
_PERCENT = cloudwatch.YAxisProps(min=0, max=100, label="%", show_units=False)
_MS = cloudwatch.YAxisProps(min=0, label="ms", show_units=False)
_COUNT = cloudwatch.YAxisProps(min=0, show_units=False)
_HEIGHT = 6

Row = list[cloudwatch.IWidget]


def overview_row(measured: Measured) -> Row:
    """Return what one looks at first: requests, latency, errors, models."""
    rate = cloudwatch.MathExpression(
        expression="requests / PERIOD(requests)",
        using_metrics={"requests": measured.requests(MINUTE)},
        period=MINUTE,
        label="requests per second",
    )
    return [
        _number("Request rate", rate),
        _number("P95 latency", measured.api("Latency", _P95)),
        _number("Error rate", _percent(measured.api("5XXError", cloudwatch.Stats.AVERAGE), "5xx (%)")),
        _number("Model status: not loaded", measured.palier("ModelNotLoaded", SUM)),
    ]


def objective_row(measured: Measured, thresholds: AlarmThresholds) -> Row:
    """Return what was promised and what came of it."""
    latencies = [measured.api("Latency", one) for one in (_P50, _P95, _P99)]
    integration = measured.api("IntegrationLatency", _P95)
    hour = Duration.hours(1)
    available = cloudwatch.MathExpression(
        expression="100 - 100 * failed",
        using_metrics={"failed": measured.api("5XXError", cloudwatch.Stats.AVERAGE, hour)},
        period=hour,
        label="available (%)",
    )
    objective = cloudwatch.HorizontalAnnotation(value=100 * thresholds.availability_slo, label="objective")
    return [
        _graph("Availability over an hour", [available], 8, cloudwatch.YAxisProps(max=100, label="%"), objective),
        _graph(
            "Latency",
            [*latencies, integration],
            8,
            _MS,
            cloudwatch.HorizontalAnnotation(value=thresholds.latency_slo_p95_ms, label="objective of p95"),
        ),
        _graph(
            "Answers by status class",
            [measured.api("4XXError", SUM), measured.api("5XXError", SUM), measured.palier("Throttled", SUM)],
            8,
        ),
    ]


def diagnosis_row(measured: Measured, thresholds: AlarmThresholds) -> Row:
    """Return what is asked, what is found, and whether it may be believed."""
    by_model = ("Stage", "Model")
    novel = cloudwatch.MathExpression(
        expression="100 * novel / diagnoses",
        using_metrics={
            "novel": measured.palier("NovelDiagnoses", SUM),
            "diagnoses": measured.palier("Diagnoses", SUM),
        },
        period=FIVE_MINUTES,
        label="novel (%)",
    )
    return [
        _graph("Request rate by endpoint", [measured.each("Requests", ("Stage", "Function", "Endpoint"), SUM)], 6),
        _graph(
            "Inference latency by model",
            [measured.each("InferenceTime", by_model, one) for one in (_P50, _P95, _P99)],
            6,
            _MS,
        ),
        cloudwatch.GraphWidget(
            title="Inferences by fault class",
            left=[measured.each("Diagnoses", ("Stage", "Model", "Class"), SUM)],
            view=cloudwatch.GraphWidgetView.PIE,
            set_period_to_time_range=True,
            width=6,
            height=_HEIGHT,
        ),
        _graph(
            "Novelty and volume",
            [novel],
            6,
            _PERCENT,
            cloudwatch.HorizontalAnnotation(value=100 * thresholds.novelty_share, label="alarm"),
            right=[measured.palier("Diagnoses", SUM), measured.palier("Windows", SUM)],
        ),
    ]


def capacity_row(measured: Measured, thresholds: AlarmThresholds) -> Row:
    """Return how much room is left: instances (Lambda's CPU), memory, starts, rate."""
    observed = measured.observed
    rate = measured.requests(MINUTE)
    return [
        _graph(
            "CPU usage: busy, throttled",
            [measured.function("ConcurrentExecutions", MAXIMUM)],
            6,
            _COUNT,
            cloudwatch.HorizontalAnnotation(value=observed.reserved_concurrency, label="reserved"),
            right=[measured.function("Throttles", SUM)],
        ),
        _graph(
            "Memory usage",
            [measured.palier("MemoryUsed", MAXIMUM)],
            6,
            _PERCENT,
            cloudwatch.HorizontalAnnotation(value=100 * thresholds.memory_share, label="alarm"),
        ),
        _graph(
            "Cold starts",
            [_percent(measured.palier("ColdStart", cloudwatch.Stats.AVERAGE), "cold starts (%)")],
            6,
            _PERCENT,
            right=[measured.palier("ColdStart", SUM)],
        ),
        _graph(
            "Requests per minute and the limit",
            [rate],
            6,
            _COUNT,
            cloudwatch.HorizontalAnnotation(value=60 * observed.throttle_rate_per_s, label="limit"),
        ),
    ]


def job_row(measured: Measured) -> Row:
    """Return the queue, its failures, and the functions behind it."""
    functions = measured.observed.functions
    return [
        _graph(
            "Jobs waiting",
            [measured.queue("ApproximateNumberOfMessagesVisible")],
            6,
            right=[measured.queue("ApproximateAgeOfOldestMessage")],
        ),
        _graph("Dead-letter queue", [measured.queue("ApproximateNumberOfMessagesVisible", dead=True)], 6),
        _graph("Functions: errors", [_named(measured, "Errors", SUM, of=name) for name in functions], 6),
        _graph("Functions: duration p95", [_named(measured, "Duration", _P95, of=name) for name in functions], 6, _MS),
    ]


def protection_row(measured: Measured) -> Row:
    """Return what was kept out, the key store, and the tables."""
    return [
        _graph("Web ACL", [measured.web_acl("AllowedRequests")], 8, right=[measured.web_acl("BlockedRequests")]),
        _graph("Key store failures", [measured.palier("KeyStoreFailures", SUM)], 8),
        _graph("Tables: throttled", measured.throttles(), 8),
    ]


def _named(measured: Measured, name: str, statistic: str, *, of: str) -> cloudwatch.Metric:
    return measured.function(name, statistic, of=of).with_(label=of)


def _percent(share: cloudwatch.IMetric, label: str) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression="100 * share", using_metrics={"share": share}, label=label)


def _number(title: str, metric: cloudwatch.IMetric) -> cloudwatch.SingleValueWidget:
    return cloudwatch.SingleValueWidget(title=title, metrics=[metric], sparkline=True, width=6, height=4)


def _graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    width: int,
    axis: cloudwatch.YAxisProps = _COUNT,
    line: cloudwatch.HorizontalAnnotation | None = None,
    right: Sequence[cloudwatch.IMetric] = (),
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=left,
        right=list(right),
        left_y_axis=axis,
        right_y_axis=_COUNT if right else None,
        left_annotations=[line] if line else None,
        width=width,
        height=_HEIGHT,
    )
