"""Retention of data, and its removal with its stack: removal policies, log groups, buckets of access logs."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.stage_parts import LOG_DAYS, Retention


def removal_policy(retention: Retention) -> RemovalPolicy:
    """Return CloudFormation's removal policy; resources of a failed first deployment are deleted in any case."""
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retention.removal == "retain" else RemovalPolicy.DESTROY


def log_group(scope: Construct, id_: str, *, name: str, retention: Retention) -> logs.LogGroup:
    """Return a log group of a name that keeps its lines as long as the stage's retention."""
    return logs.LogGroup(
        scope,
        id_,
        log_group_name=name,
        retention=logs.RetentionDays[LOG_DAYS[retention.log_days]],
        removal_policy=removal_policy(retention),
    )


def access_log_bucket(scope: Construct, id_: str, *, retention: Retention) -> s3.Bucket:
    """Return a bucket for the access log of another bucket or of a load balancer, kept as long as other logs."""
    bucket = s3.Bucket(
        scope,
        id_,
        # S3 and load balancers deliver access logs to buckets under S3's own keys only.
        encryption=s3.BucketEncryption.S3_MANAGED,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(retention.log_days))],
        removal_policy=removal_policy(retention),
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
    )
    acknowledge(bucket, {"AwsSolutions-S1": "This bucket is the access log; a log of it would never end."})
    return bucket
