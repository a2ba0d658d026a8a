"""The bucket of recordings and results, and the bucket of its access log."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.constructs.retention import access_log_bucket, removal_policy
from cdk.stage_parts import Retention

# How long a browser may keep the answer to its preflight request.
_PREFLIGHT_S = 3600


class Recordings(Construct):
    """A versioned, encrypted bucket that is reached over TLS only and deletes objects after the stage's retention.

    Pages of `origins` may upload by the forms that the jobs function signs, and read results by its links.
    """

    def __init__(
        self, scope: Construct, id_: str, *, key: kms.IKey, retention: Retention, origins: Sequence[str]
    ) -> None:
        super().__init__(scope, id_)
        self.access_log = access_log_bucket(self, "AccessLog", retention=retention)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            versioned=True,
            server_access_logs_bucket=self.access_log,
            server_access_logs_prefix="recordings/",
            lifecycle_rules=[_lifecycle(retention)],
            cors=[_cors(origins)],
            removal_policy=removal_policy(retention),
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
        )


def _lifecycle(retention: Retention) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        expiration=Duration.days(retention.object_days),
        noncurrent_version_expiration=Duration.days(retention.noncurrent_days),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )


def _cors(origins: Sequence[str]) -> s3.CorsRule:
    return s3.CorsRule(
        allowed_origins=list(origins),
        allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.POST],
        max_age=_PREFLIGHT_S,
    )
