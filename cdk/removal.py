"""Empty stacks of a stage, by their names, for its removal, which needs nothing else."""

from itertools import pairwise

from aws_cdk import Stack
from constructs import Construct

from cdk.resource_names import resource_name
from cdk.stages import Stage

# Each depends on those before it, and is removed before them. A stage without GPUs may have had them: a stack that is
# not deployed is skipped.
PARTS = ("data", "secrets", "api", "protection", "network", "observability", "gpu")


def compose_removal(scope: Construct, stage: Stage) -> dict[str, Stack]:
    """Compose empty stacks of a stage's names, in the order in which they depend on each other.

    No receiver, domain, certificate or bundle is needed: they may be gone when a stage is removed.
    """
    stacks = {part: Stack(scope, resource_name(stage.name, part)) for part in PARTS}
    ordered = list(stacks.values())
    for first, later in pairwise(ordered):
        later.add_stack_dependency(first)
    return stacks
