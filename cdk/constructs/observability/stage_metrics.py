"""The metrics of a stage: those of AWS and those of the functions, with every name that is used."""

from collections.abc import Mapping, Sequence
from typing import Literal

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from cdk.constructs.observability.monitored_stage import MonitoredStage
from cdk.functions import INFERENCE

# As functions/core/observability/emf.py writes them; a test compares the two.
NAMESPACE = "Palier"
PalierMetric = Literal[
    "ColdStart",
    "Diagnoses",
    "HistoryLost",
    "InferenceTime",
    "KeyStoreFailures",
    "MemoryUsed",
    "ModelNotLoaded",
    "NovelDiagnoses",
    "Requests",
    "ServerErrors",
    "Throttled",
    "Windows",
]
PalierDimension = Literal["Stage", "Function", "Endpoint", "Model", "Class"]

# Names of AWS's own metrics.
ApiMetric = Literal["4XXError", "5XXError", "Count", "IntegrationLatency", "Latency"]
FunctionMetric = Literal["ConcurrentExecutions", "Duration", "Errors", "Throttles"]
QueueMetric = Literal["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"]
QueueName = Literal["jobs", "dead_letters", "undelivered"]
WebAclMetric = Literal["AllowedRequests", "BlockedRequests"]
TableMetric = Literal["ReadThrottleEvents", "WriteThrottleEvents"]
RuleMetric = Literal["FailedInvocations"]

MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)
SUM, MAXIMUM = cloudwatch.Stats.SUM, cloudwatch.Stats.MAXIMUM


class StageMetrics:
    """The metrics of one stage; a period is of one minute or more."""

    def __init__(self, monitored: MonitoredStage) -> None:
        self.monitored = monitored

    def api(self, name: ApiMetric, statistic: str, period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        """Return a metric of the stage's door, which also counts requests that never reached a function."""
        door = self.monitored.door
        if door:
            return _metric(door.namespace, door.names.get(name, name), statistic, period, dict(door.dimensions))
        return api_metric(self.monitored.api_name, self.monitored.api_stage, name, statistic, period)

    def requests(self, period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        """Return how many requests the API had."""
        return self.api("Count", cloudwatch.Stats.SAMPLE_COUNT, period)

    def palier(
        self, name: PalierMetric, statistic: str, period: Duration = FIVE_MINUTES, *, of: str = INFERENCE.name
    ) -> cloudwatch.Metric:
        """Return a metric that a function writes, by default that of inference."""
        return palier_metric(self.monitored.stage, of, name, statistic, period)

    def palier_of_all(self, name: PalierMetric, functions: Sequence[str]) -> cloudwatch.MathExpression:
        """Return the sum of a metric over functions."""
        return total([self.palier(name, SUM, of=one) for one in functions], name)

    def each(
        self,
        name: PalierMetric,
        dimensions: tuple[PalierDimension, ...],
        statistic: str,
        period: Duration = FIVE_MINUTES,
    ) -> cloudwatch.SearchExpression:
        """Return a metric that the functions write, a line for each value of its last dimension."""
        schema = ",".join((NAMESPACE, *dimensions))
        query = f'{{{schema}}} MetricName="{name}" Stage="{self.monitored.stage}"'
        # The empty label makes CloudWatch name each line by what differs.
        return cloudwatch.SearchExpression(
            expression=f"SEARCH('{query}', '{statistic}', {period.to_seconds():.0f})", label="", period=period
        )

    def function(
        self, name: FunctionMetric, statistic: str, period: Duration = FIVE_MINUTES, *, of: str = INFERENCE.name
    ) -> cloudwatch.Metric:
        """Return a metric of a Lambda function."""
        return function_metric({"FunctionName": self.monitored.functions[of].function_name}, name, statistic, period)

    def queue(self, name: QueueMetric, *, of: QueueName = "jobs") -> cloudwatch.Metric:
        """Return the maximum of a metric of a queue, by default that of jobs."""
        monitored = self.monitored
        queues: Mapping[QueueName, sqs.IQueue] = {
            "jobs": monitored.queue,
            "dead_letters": monitored.dead_letters,
            "undelivered": monitored.undelivered,
        }
        return _metric("AWS/SQS", name, MAXIMUM, FIVE_MINUTES, {"QueueName": queues[of].queue_name})

    def web_acl(self, name: WebAclMetric) -> cloudwatch.Metric:
        """Return a metric of the web ACL, over all of its rules."""
        dimensions = {"WebACL": self.monitored.web_acl_metric or "", "Region": Aws.REGION, "Rule": "ALL"}
        return _metric("AWS/WAFV2", name, SUM, FIVE_MINUTES, dimensions)

    def alert_rule(self, name: RuleMetric) -> cloudwatch.Metric:
        """Return a metric of the rule that forwards changes of assets to their topic."""
        return _metric("AWS/Events", name, SUM, FIVE_MINUTES, dict(self.monitored.alert_rule))

    def throttles(self) -> list[cloudwatch.Metric]:
        """Return the metrics of the reads and writes of each table that DynamoDB throttled."""
        names: tuple[TableMetric, ...] = ("ReadThrottleEvents", "WriteThrottleEvents")
        return [self.table(name, of=table) for table in self.monitored.tables for name in names]

    def table(self, name: TableMetric, *, of: str) -> cloudwatch.Metric:
        """Return a metric of a table that DynamoDB counts for the table alone, not for each operation."""
        dimensions = {"TableName": self.monitored.tables[of].table_name}
        return _metric("AWS/DynamoDB", name, SUM, FIVE_MINUTES, dimensions, label=f"{of} {name}")


def palier_metric(stage: str, function: str, name: PalierMetric, statistic: str, period: Duration) -> cloudwatch.Metric:
    """Return a metric that a function of a stage writes itself, by its short name."""
    return _metric(NAMESPACE, name, statistic, period, {"Stage": stage, "Function": function})


def total(metrics: Sequence[cloudwatch.Metric], label: str) -> cloudwatch.MathExpression:
    """Return the sum of metrics, some of which may have no data: events that never happen are not written as zero."""
    names = [f"m{index}" for index, _ in enumerate(metrics)]
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in names),
        using_metrics=dict(zip(names, metrics, strict=True)),
        period=FIVE_MINUTES,
        label=label,
    )


def api_metric(api: str, stage: str, name: ApiMetric, statistic: str, period: Duration) -> cloudwatch.Metric:
    """Return a metric of a REST API, by the name of the API and of its stage."""
    return _metric("AWS/ApiGateway", name, statistic, period, {"ApiName": api, "Stage": stage})


def function_metric(
    dimensions: dict[str, str], name: FunctionMetric, statistic: str, period: Duration
) -> cloudwatch.Metric:
    """Return a metric of a Lambda function, or of one of its aliases, by its dimensions."""
    return _metric("AWS/Lambda", name, statistic, period, dimensions)


def _metric(
    namespace: str, name: str, statistic: str, period: Duration, dimensions: dict[str, str], label: str | None = None
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=period,
        label=label,
    )
