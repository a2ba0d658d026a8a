"""What happens to data when its stack goes."""

from aws_cdk import RemovalPolicy

from cdk.stage_parts import Retention


def removal_policy(retention: Retention) -> RemovalPolicy:
    """Return CloudFormation's word for the stage's; what a failed first deployment made goes in any case."""
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retention.removal == "retain" else RemovalPolicy.DESTROY
