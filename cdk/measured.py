"""The metrics of a stage: what AWS counts and what the functions write themselves, by one name each."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from cdk.observed import INFERENCE, Observed

# The namespace of functions/core/observability/emf.py; a test holds the names of both together.
NAMESPACE = "Palier"

MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)
SUM, MAXIMUM = cloudwatch.Stats.SUM, cloudwatch.Stats.MAXIMUM


class Measured:
    """The metrics of one observed stage; a period is of one minute or more."""

    def __init__(self, observed: Observed) -> None:
        self.observed = observed

    def api(self, name: str, statistic: str, period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        """Return a metric of the REST API: also what never reached a function is in it."""
        dimensions = {"ApiName": self.observed.api_name, "Stage": self.observed.api_stage}
        return _metric("AWS/ApiGateway", name, statistic, period, dimensions)

    def requests(self, period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        """Return how many requests the API had."""
        return self.api("Count", cloudwatch.Stats.SAMPLE_COUNT, period)

    def palier(self, name: str, statistic: str, period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        """Return a metric that the inference function writes."""
        return _metric(NAMESPACE, name, statistic, period, {"Stage": self.observed.stage, "Function": INFERENCE})

    def each(
        self, name: str, dimensions: tuple[str, ...], statistic: str, period: Duration = FIVE_MINUTES
    ) -> cloudwatch.SearchExpression:
        """Return a metric that the functions write, a line for each value of its last dimension."""
        schema = ",".join((NAMESPACE, *dimensions))
        query = f'{{{schema}}} MetricName="{name}" Stage="{self.observed.stage}"'
        # The empty label makes CloudWatch name each line by what differs.
        return cloudwatch.SearchExpression(
            expression=f"SEARCH('{query}', '{statistic}', {period.to_seconds():.0f})", label="", period=period
        )

    def function(
        self, name: str, statistic: str, period: Duration = FIVE_MINUTES, *, of: str = INFERENCE
    ) -> cloudwatch.Metric:
        """Return a metric of a Lambda function."""
        dimensions = {"FunctionName": self.observed.functions[of].function_name}
        return _metric("AWS/Lambda", name, statistic, period, dimensions)

    def queue(self, name: str, statistic: str = MAXIMUM, *, dead: bool = False) -> cloudwatch.Metric:
        """Return a metric of the queue of jobs, or of the one where jobs end that failed too often."""
        queue: sqs.IQueue = self.observed.dead_letters if dead else self.observed.queue
        return _metric("AWS/SQS", name, statistic, FIVE_MINUTES, {"QueueName": queue.queue_name})

    def web_acl(self, name: str) -> cloudwatch.Metric:
        """Return a metric of the web ACL, over all of its rules."""
        dimensions = {"WebACL": self.observed.web_acl_metric, "Region": Aws.REGION, "Rule": "ALL"}
        return _metric("AWS/WAFV2", name, SUM, FIVE_MINUTES, dimensions)

    def throttles(self) -> list[cloudwatch.Metric]:
        """Return what DynamoDB turned away, reads and writes of each table."""
        names = ("ReadThrottleEvents", "WriteThrottleEvents")
        return [self.table(name, of=table) for table in self.observed.tables for name in names]

    def table(self, name: str, *, of: str) -> cloudwatch.Metric:
        """Return a metric of a table that DynamoDB counts for the table alone, not for each operation."""
        dimensions = {"TableName": self.observed.tables[of].table_name}
        return _metric("AWS/DynamoDB", name, SUM, FIVE_MINUTES, dimensions, label=f"{of} {name}")


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
