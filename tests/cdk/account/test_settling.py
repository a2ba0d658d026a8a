"""After a deployment, the tables of a stage that keeps its data are protected, once."""

import json
from typing import Any

import pytest

from cdk.account import settling
from cdk.account.settling import EMPTY_RING, settle
from cdk.stages import Stage
from functions.core.keys.key_ring_secret import read_ring
from functions.core.keys.keys import KeyRing, write_key_ring
from tests.cdk.stage_variants import PROD, STAGING

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "KeySchema": [{"AttributeName": "job_id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "job_id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}


@pytest.mark.parametrize(("stage", "protected"), [(PROD, True), (STAGING, False)])
def test_tables_that_are_kept_are_protected(
    session: Any, stage: Stage, protected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "prune", lambda *_: [("palier-prod-jobs", 3)])
    session.client("secretsmanager").create_secret(Name=f"palier/{stage.name}/api-keys", SecretString="{}")
    client, stack = session.client("cloudformation"), f"palier-{stage.name}-data"
    client.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Jobs": TABLE}}))
    (name,) = session.client("dynamodb").list_tables()["TableNames"]
    lines = [f"protected table {name}"] if protected else []
    assert settle(stage, session) == [*lines, "deleted palier-prod-jobs version 3"]
    assert session.client("dynamodb").describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is protected
    assert settle(stage, session) == ["deleted palier-prod-jobs version 3"]


def test_a_secret_without_a_value_gets_an_empty_ring_once(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "prune", lambda *_: [])
    assert write_key_ring(KeyRing()).decode() == EMPTY_RING
    client = session.client("secretsmanager")
    client.create_secret(Name="palier/staging/api-keys")
    assert settle(STAGING, session) == ["wrote an empty ring of keys into palier/staging/api-keys"]
    assert read_ring(client, "palier/staging/api-keys").ring == KeyRing()
    client.put_secret_value(SecretId="palier/staging/api-keys", SecretString="its keys")
    assert settle(STAGING, session) == []
    assert client.get_secret_value(SecretId="palier/staging/api-keys")["SecretString"] == "its keys"
