"""What a deployment does last: protect what must not be deleted, and delete the versions that are too many."""

from typing import Any

from cdk.account.resources import physical_ids
from cdk.account.versions import prune
from cdk.stages import Stage


def settle(stage: Stage, session: Any) -> list[str]:
    """Settle a stage that was deployed; returns a line for each thing that was done.

    Tables of a stage that keeps its data are protected here and not by their template: CloudFormation could not take
    away a protected table of a first deployment that fails, and the stack could then be neither mended nor made anew.
    """
    protected = _protect(stage, session) if stage.retention.removal == "retain" else []
    pruned = [f"deleted {function} version {number}" for function, number in prune(stage, session)]
    return [*(f"protected table {name}" for name in protected), *pruned]


def _protect(stage: Stage, session: Any) -> list[str]:
    client = session.client("dynamodb")
    tables = list(physical_ids(session, stage, "data", "AWS::DynamoDB::Table"))
    open_to_deletion = [
        name
        for name in tables
        if not client.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled", False)
    ]
    for name in open_to_deletion:
        client.update_table(TableName=name, DeletionProtectionEnabled=True)
    return open_to_deletion
