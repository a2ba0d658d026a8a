"""The last steps of a deployment, which a template cannot do: protect tables, seed the secret, prune versions."""

from typing import Any

from cdk.account.resources import physical_ids
from cdk.account.versions import prune
from cdk.resource_names import key_secret_name
from cdk.stages import Stage

# As functions/core/keys/keys.py writes it; a test compares the two.
EMPTY_RING = '{"keys":[]}'


def settle(stage: Stage, session: Any) -> list[str]:
    """Settle a stage that was deployed; returns a line for each change.

    Tables of a stage that keeps its data are protected here and not by their template: CloudFormation could not delete
    a protected table of a first deployment that fails, and the stack could then be neither repaired nor created again.
    A secret without a value gets an empty ring here: a template with one could write it over the keys.
    """
    seeded = _seed(key_secret_name(stage.name), session)
    protected = _protect(stage, session) if stage.retention.removal == "retain" else []
    pruned = [f"deleted {function} version {number}" for function, number in prune(stage, session)]
    return [*seeded, *(f"protected table {name}" for name in protected), *pruned]


def _seed(secret: str, session: Any) -> list[str]:
    client = session.client("secretsmanager")
    if client.describe_secret(SecretId=secret).get("VersionIdsToStages"):
        return []
    # Rotation needs a version to start from, and functions a ring.
    client.put_secret_value(SecretId=secret, SecretString=EMPTY_RING)
    return [f"wrote an empty ring of keys into {secret}"]


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
