"""Is what comes in what the service is for?"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.constructs.observability.alarms.watch import Condition, Guard, Watch
from cdk.measured import SUM

_HOUR = Duration.hours(1)


def traffic_alarms(watch: Watch) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on blocked requests and on recordings unlike the training data."""
    measured, thresholds = watch.measured, watch.thresholds
    novel = Guard(measured.palier("Diagnoses", SUM, _HOUR), thresholds.min_diagnoses).share(
        measured.palier("NovelDiagnoses", SUM, _HOUR), _HOUR, "novel (%)"
    )
    return [
        watch.alarm("blocked-requests", Condition(measured.web_acl("BlockedRequests"), thresholds.blocked_per_5_min)),
        watch.alarm("novelty-share", Condition(novel, 100 * thresholds.novelty_share)),
    ]
