"""Do jobs come through, and histories with them?"""

from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.constructs.observability.alarms.watch import Condition, Watch
from cdk.measured import FIVE_MINUTES, SUM
from cdk.observed import WORKER


def job_alarms(watch: Watch) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on the two queues, the worker, lost diagnoses and the tables."""
    measured, thresholds = watch.measured, watch.thresholds
    dead = measured.queue("ApproximateNumberOfMessagesVisible", dead=True)
    age_s = measured.queue("ApproximateAgeOfOldestMessage")
    return [
        watch.alarm("dead-letters", Condition(dead, 0)),
        watch.alarm("oldest-job", Condition(age_s, thresholds.oldest_job_s, 2)),
        watch.alarm("worker-errors", Condition(measured.function("Errors", SUM, of=WORKER), 0)),
        watch.alarm("history-lost", Condition(measured.palier("HistoryLost", SUM), 0)),
        watch.alarm(
            "table-throttles", Condition(_throttles(measured.throttles()), thresholds.table_throttles_per_5_min)
        ),
    ]


def _throttles(metrics: list[cloudwatch.Metric]) -> cloudwatch.MathExpression:
    names = [f"m{index}" for index, _ in enumerate(metrics)]
    return cloudwatch.MathExpression(
        # What DynamoDB did not turn away it does not count, not even as zero.
        expression=" + ".join(f"FILL({name}, 0)" for name in names),
        using_metrics=dict(zip(names, metrics, strict=True)),
        period=FIVE_MINUTES,
        label="throttled",
    )
