"""The stacks of a stage by their names alone: what removing needs, and nothing of what deploying needs."""

from itertools import pairwise

from aws_cdk import Stack
from constructs import Construct

from cdk.resource_names import resource_name
from cdk.stages import Stage

# Each stands on those before it; removed in reverse. A stage without GPUs may have had them: a stack that is not
# there is passed over.
PARTS = ("data", "secrets", "api", "protection", "network", "observability", "gpu")


def compose_removal(scope: Construct, stage: Stage) -> dict[str, Stack]:
    """Compose empty stacks of a stage's names, in the order in which they depend on each other.

    No receiver, domain, certificate or bundle is asked for: whoever removes a stage may have none of them any more.
    """
    stacks = {part: Stack(scope, resource_name(stage.name, part)) for part in PARTS}
    ordered = list(stacks.values())
    for first, later in pairwise(ordered):
        later.add_stack_dependency(first)
    return stacks
