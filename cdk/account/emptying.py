"""Emptying of the buckets of a stage whose data may be deleted; CloudFormation deletes empty buckets only."""

from typing import Any

from cdk.account.resources import physical_ids
from cdk.stages import Stage

# Stacks that have buckets; one that is not deployed is passed over.
_WITH_BUCKETS = ("data", "gpu")


def empty_buckets(stage: Stage, session: Any) -> list[str]:
    """Delete every version of every object in the stage's buckets, unless the stage keeps its data.

    `session` is a boto3 session. Returns the names of the buckets that are empty now.
    """
    if stage.retention.removal == "retain":
        return []
    buckets = [name for part in _WITH_BUCKETS for name in physical_ids(session, stage, part, "AWS::S3::Bucket")]
    s3 = session.resource("s3")
    for name in buckets:
        s3.Bucket(name).object_versions.delete()
    return buckets
