"""The runbook's restore drill, command by command as printed there, against tables and buckets in moto."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from moto import mock_aws

RUNBOOK = Path(__file__).resolve().parents[3] / "docs" / "runbook.md"
TABLE, BUCKET, KEY = "palier-staging-history", "palier-staging-recordings", "jobs/a/results.jsonl"
SERVICES = {"s3api": "s3"}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A table with three items and a bucket in which an object was overwritten; the drill's variables."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        tables, objects = boto3.client("dynamodb"), boto3.client("s3")
        tables.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "asset_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "asset_id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        tables.update_continuous_backups(
            TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        for name in ("pump-1", "pump-2", "pump-3"):
            tables.put_item(TableName=TABLE, Item={"asset_id": {"S": name}})
        objects.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        objects.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        good = objects.put_object(Bucket=BUCKET, Key=KEY, Body=b"right")
        objects.put_object(Bucket=BUCKET, Key=KEY, Body=b"wrong")
        yield {"TABLE": TABLE, "BUCKET": BUCKET, "KEY": KEY, "VERSION": good["VersionId"]}


def commands(variables: dict[str, str]) -> list[list[str]]:
    (block,) = re.findall(r"^```text restore-drill\n(.*?)^```", RUNBOOK.read_text(), re.MULTILINE | re.DOTALL)
    filled = re.sub(r"\$([A-Z]+)", lambda found: variables[found[1]], block)
    return [shlex.split(line) for line in filled.splitlines()]


def run(command: list[str]) -> dict[str, Any]:
    """What AWS's command line does: an operation by its name, options as its parameters, flags as true."""
    _, service, operation, *options = command
    session: Any = boto3.Session()
    client = session.client(SERVICES.get(service, service))
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    names = {xform_name(name, "-"): name for name in shape.members}
    given: dict[str, Any] = {}
    for word in options:
        if word.startswith("--"):
            option = names[word.removeprefix("--")]
            given[option] = True
        else:
            given[option] = word
    answer: dict[str, Any] = getattr(client, method)(**given)
    return answer


def test_the_drill_brings_back_a_table_and_an_object(stage: dict[str, str]) -> None:
    answers = {command[2]: run(command) for command in commands(stage)}
    backups = answers["describe-continuous-backups"]["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert answers["describe-table"]["Table"]["TableStatus"] == "ACTIVE"
    assert answers["scan"]["Count"] == 3
    assert boto3.client("dynamodb").list_tables()["TableNames"] == [TABLE]
    assert stage["VERSION"] in [one["VersionId"] for one in answers["list-object-versions"]["Versions"]]
    assert boto3.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"right"
