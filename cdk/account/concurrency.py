"""Lambda's concurrency in an account: its limit, what Palier's stages reserve of it, and what others do."""

from collections.abc import Iterator
from typing import Any

from cdk.account.finding import Finding
from cdk.resource_names import resource_name
from cdk.stages import STAGES, Stage

# Lambda keeps so much of an account's concurrency for functions that reserve none.
# Source: docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED = 100
# Limits are asked for by the thousand, the usual one.
# Source: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_STEP = 1000


def concurrency_findings(stage: Stage, session: Any) -> Iterator[Finding]:
    """Yield whether the account has what a stage reserves, beside what is reserved already; changes nothing."""
    client = session.client("lambda")
    account = client.get_account_settings()["AccountLimit"]
    limit = account["ConcurrentExecutions"]
    # What the stage itself has reserved is no other's: a deployment reserves it anew.
    others = _others(stage, client, limit - account["UnreservedConcurrentExecutions"])
    taken, own = sum(others.values()), sum(size.reserved_concurrency for size in stage.sizes.values())
    needed = own + taken + UNRESERVED
    listed = ", ".join(f"{name} {count}" for name, count in others.items()) or "nothing"
    yield Finding(
        limit >= needed,
        f"Lambda runs {limit} functions at once; {needed} are needed: {own} for the stage, {UNRESERVED} that stay "
        f"unreserved, {taken} that others reserve ({listed}). More: Service Quotas, AWS Lambda, Concurrent executions, "
        f"{-(-needed // _STEP) * _STEP}.",
    )


def _others(stage: Stage, client: Any, reserved: int) -> dict[str, int]:
    """Return what others than a stage reserve of all that is reserved: the other stages, then all else."""
    stages = {one.name: _reserved(client, one) for one in STAGES.values()}
    found = {resource_name(name): count for name, count in stages.items() if name != stage.name}
    found["other functions"] = reserved - sum(stages.values())
    return {name: count for name, count in found.items() if count}


def _reserved(client: Any, stage: Stage) -> int:
    """Return what the functions of a stage reserve; nothing where they are not deployed."""
    return sum(_reserved_by(client, resource_name(stage.name, name)) for name in stage.sizes)


def _reserved_by(client: Any, function: str) -> int:
    try:
        return int(client.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions", 0))
    except client.exceptions.ResourceNotFoundException:
        return 0
