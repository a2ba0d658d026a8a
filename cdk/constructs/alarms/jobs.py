"""Do jobs come through?"""

from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.constructs.alarms.watch import Condition, Watch


def job_alarms(watch: Watch) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on the dead-letter queue and on the age of the oldest job."""
    dead = watch.measured.queue("ApproximateNumberOfMessagesVisible", dead=True)
    age_s = watch.measured.queue("ApproximateAgeOfOldestMessage")
    return [
        watch.alarm("dead-letters", Condition(dead, 0)),
        watch.alarm("oldest-job", Condition(age_s, watch.thresholds.oldest_job_s, 2)),
    ]
