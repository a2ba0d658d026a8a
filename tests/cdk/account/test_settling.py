"""After a deployment tables of a stage that keeps its data are protected, once."""

import json
from typing import Any

import pytest

from cdk.account import settling
from cdk.account.settling import settle
from cdk.stages import Stage
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
    client, stack = session.client("cloudformation"), f"palier-{stage.name}-data"
    client.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Jobs": TABLE}}))
    (name,) = session.client("dynamodb").list_tables()["TableNames"]
    lines = [f"protected table {name}"] if protected else []
    assert settle(stage, session) == [*lines, "deleted palier-prod-jobs version 3"]
    assert session.client("dynamodb").describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is protected
    assert settle(stage, session) == ["deleted palier-prod-jobs version 3"]
