"""Empties the buckets of a stage whose data may go; CloudFormation deletes empty buckets only."""

from collections.abc import Iterator
from typing import Any

from cdk.resource_names import resource_name
from cdk.stages import Stage

# Stacks that have buckets; one that is not deployed is passed over.
_WITH_BUCKETS = ("data", "gpu")


def empty_buckets(stage: Stage, session: Any) -> list[str]:
    """Delete every version of every object in the stage's buckets, unless the stage keeps its data.

    `session` is a boto3 session. Returns the names of the buckets that are empty now.
    """
    if stage.retention.removal == "retain":
        return []
    client = session.client("cloudformation")
    buckets = [name for part in _WITH_BUCKETS for name in _buckets(client, resource_name(stage.name, part))]
    s3 = session.resource("s3")
    for name in buckets:
        s3.Bucket(name).object_versions.delete()
    return buckets


def _buckets(cloudformation: Any, stack: str) -> Iterator[str]:
    try:
        pages = list(cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack))
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return
        raise
    for resource in (one for page in pages for one in page["StackResourceSummaries"]):
        if resource["ResourceType"] == "AWS::S3::Bucket" and resource["ResourceStatus"] != "DELETE_COMPLETE":
            yield resource["PhysicalResourceId"]
