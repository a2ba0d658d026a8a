"""Empties the buckets of a stage whose data may go; CloudFormation deletes empty buckets only."""

from collections.abc import Iterator
from typing import Any

from cdk.refusals import StageError
from cdk.stages import Stage


def empty_buckets(stage: Stage, session: Any) -> list[str]:
    """Delete every version of every object in the stage's buckets; returns the buckets' names.

    `session` is a boto3 session. Raises StageError where the stage keeps its data.
    """
    if stage.retention.removal == "retain":
        raise StageError(
            f"Stage {stage.name} keeps its data: its buckets are not emptied. See docs/deploy.md, Removing."
        )
    buckets = list(_buckets(session.client("cloudformation"), f"palier-{stage.name}-data"))
    s3 = session.resource("s3")
    for name in buckets:
        s3.Bucket(name).object_versions.delete()
    return buckets


def _buckets(cloudformation: Any, stack: str) -> Iterator[str]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            gone = resource["ResourceStatus"] == "DELETE_COMPLETE"
            if resource["ResourceType"] == "AWS::S3::Bucket" and not gone:
                yield resource["PhysicalResourceId"]
