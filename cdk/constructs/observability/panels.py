"""The rows of panels of the dashboard; each row is 24 columns wide."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.alarm_thresholds import AlarmThresholds
from cdk.constructs.observability.stage_metrics import FIVE_MINUTES, MAXIMUM, MINUTE, SUM, FunctionMetric, StageMetrics

_P50, _P95, _P99 = (cloudwatch.Stats.p(percent) for percent in (50, 95, 99))
_PERCENT = cloudwatch.YAxisProps(min=0, max=100, label="%", show_units=False)
_MS = cloudwatch.YAxisProps(min=0, label="ms", show_units=False)
_COUNT = cloudwatch.YAxisProps(min=0, show_units=False)
_HEIGHT = 6

Row = list[cloudwatch.IWidget]


def overview_row(metrics: StageMetrics) -> Row:
    """Return the row of the overview: requests, latency, errors, models."""
    rate = cloudwatch.MathExpression(
        expression="requests / PERIOD(requests)",
        using_metrics={"requests": metrics.requests(MINUTE)},
        period=MINUTE,
        label="requests per second",
    )
    return [
        _number("Request rate", rate),
        _number("P95 latency", metrics.api("Latency", _P95)),
        _number("Error rate", _percent(metrics.api("5XXError", cloudwatch.Stats.AVERAGE), "5xx (%)")),
        _number("Model status: not loaded", metrics.palier("ModelNotLoaded", SUM)),
    ]


def objective_row(metrics: StageMetrics, thresholds: AlarmThresholds) -> Row:
    """Return the row of the objectives: availability and latency beside their targets, and answers by status."""
    latencies = [metrics.api("Latency", one) for one in (_P50, _P95, _P99)]
    integration = metrics.api("IntegrationLatency", _P95)
    hour = Duration.hours(1)
    available = cloudwatch.MathExpression(
        expression="100 - 100 * failed",
        using_metrics={"failed": metrics.api("5XXError", cloudwatch.Stats.AVERAGE, hour)},
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
            [metrics.api("4XXError", SUM), metrics.api("5XXError", SUM), metrics.palier("Throttled", SUM)],
            8,
        ),
    ]


def diagnosis_row(metrics: StageMetrics, thresholds: AlarmThresholds) -> Row:
    """Return the row of the diagnoses: requests by endpoint, engine times, classes, novelty."""
    novel = cloudwatch.MathExpression(
        expression="100 * novel / diagnoses",
        using_metrics={
            "novel": metrics.palier("NovelDiagnoses", SUM),
            "diagnoses": metrics.palier("Diagnoses", SUM),
        },
        period=FIVE_MINUTES,
        label="novel (%)",
    )
    return [
        _graph("Request rate by endpoint", [metrics.each("Requests", ("Stage", "Function", "Endpoint"), SUM)], 6),
        _graph(
            "Inference latency by model",
            [metrics.each("InferenceTime", ("Stage", "Model"), one) for one in (_P50, _P95, _P99)],
            6,
            _MS,
        ),
        cloudwatch.GraphWidget(
            title="Inferences by fault class",
            left=[metrics.each("Diagnoses", ("Stage", "Model", "Class"), SUM)],
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
            right=[metrics.palier("Diagnoses", SUM), metrics.palier("Windows", SUM)],
        ),
    ]


def capacity_row(metrics: StageMetrics, thresholds: AlarmThresholds) -> Row:
    """Return the row of the capacity: instances (Lambda's CPU), memory, cold starts, rate."""
    monitored = metrics.monitored
    rate = metrics.requests(MINUTE)
    return [
        _graph(
            "CPU usage: busy, throttled",
            [metrics.function("ConcurrentExecutions", MAXIMUM)],
            6,
            _COUNT,
            cloudwatch.HorizontalAnnotation(value=monitored.reserved_concurrency, label="reserved"),
            right=[metrics.function("Throttles", SUM)],
        ),
        _graph(
            "Memory usage",
            [metrics.palier("MemoryUsed", MAXIMUM)],
            6,
            _PERCENT,
            cloudwatch.HorizontalAnnotation(value=100 * thresholds.memory_share, label="alarm"),
        ),
        _graph(
            "Cold starts",
            [_percent(metrics.palier("ColdStart", cloudwatch.Stats.AVERAGE), "cold starts (%)")],
            6,
            _PERCENT,
            right=[metrics.palier("ColdStart", SUM)],
        ),
        _graph(
            "Requests per minute and the limit",
            [rate],
            6,
            _COUNT,
            cloudwatch.HorizontalAnnotation(value=60 * monitored.throttle_rate_per_s, label="limit"),
        ),
    ]


def job_row(metrics: StageMetrics) -> Row:
    """Return the row of the jobs: the queue, its dead letters, and the functions' errors and durations."""
    functions = metrics.monitored.functions
    return [
        _graph(
            "Jobs waiting",
            [metrics.queue("ApproximateNumberOfMessagesVisible")],
            6,
            right=[metrics.queue("ApproximateAgeOfOldestMessage")],
        ),
        _graph("Dead-letter queue", [metrics.queue("ApproximateNumberOfMessagesVisible", of="dead_letters")], 6),
        _graph("Functions: errors", [_named(metrics, "Errors", SUM, of=name) for name in functions], 6),
        _graph("Functions: duration p95", [_named(metrics, "Duration", _P95, of=name) for name in functions], 6, _MS),
    ]


def protection_row(metrics: StageMetrics) -> Row:
    """Return the row of the protection: the web ACL, the key store, and the tables' throttles."""
    return [
        *(_web_acl(metrics) if metrics.monitored.web_acl_metric else []),
        _graph("Key store failures", [metrics.palier("KeyStoreFailures", SUM)], 8),
        _graph("Tables: throttled", metrics.throttles(), 8),
    ]


def _web_acl(metrics: StageMetrics) -> Row:
    return [_graph("Web ACL", [metrics.web_acl("AllowedRequests")], 8, right=[metrics.web_acl("BlockedRequests")])]


def _named(metrics: StageMetrics, name: FunctionMetric, statistic: str, *, of: str) -> cloudwatch.Metric:
    return metrics.function(name, statistic, of=of).with_(label=of)


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
