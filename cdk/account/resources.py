"""The resources of a stage's deployed stacks, by type."""

from collections.abc import Iterator
from typing import Any

from cdk.resource_names import resource_name
from cdk.stages import Stage


def is_not_deployed(error: Exception) -> bool:
    """Whether CloudFormation's error is that there is no such stack: it has no code of its own for that."""
    return "does not exist" in str(error)


def physical_ids(session: Any, stage: Stage, part: str, type_: str) -> Iterator[str]:
    """Yield the physical ids of the resources of a type in one stack; none where it is not deployed."""
    client = session.client("cloudformation")
    try:
        pages = list(client.get_paginator("list_stack_resources").paginate(StackName=resource_name(stage.name, part)))
    except client.exceptions.ClientError as error:
        if is_not_deployed(error):
            return
        raise
    for resource in (one for page in pages for one in page["StackResourceSummaries"]):
        if resource["ResourceType"] == type_ and resource["ResourceStatus"] != "DELETE_COMPLETE":
            yield resource["PhysicalResourceId"]
