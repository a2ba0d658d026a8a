"""A log group that forgets."""

from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.constructs.removal import removal_policy
from cdk.stage_parts import Retention

RETENTION: dict[int, logs.RetentionDays] = {
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def log_group(scope: Construct, id_: str, *, name: str, retention: Retention) -> logs.LogGroup:
    """Return a log group of a name that keeps its lines as long as the stage says."""
    return logs.LogGroup(
        scope,
        id_,
        log_group_name=name,
        retention=RETENTION[retention.log_days],
        removal_policy=removal_policy(retention),
    )
