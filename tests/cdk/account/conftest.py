"""An account in moto with the functions of dev."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cdk.functions import FUNCTIONS

NAMES = [f"palier-dev-{spec.name}" for spec in FUNCTIONS]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_REGION", raising=False)
    with mock_aws():
        yield boto3.Session()


@pytest.fixture
def functions(session: Any) -> Any:
    """A client of Lambda; every function of dev has version 1, and `live` is on it."""
    trust = {"Version": "2012-10-17", "Statement": []}
    role = session.client("iam").create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    client = session.client("lambda")
    for name in NAMES:
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role["Arn"],
            Handler="handler.handler",
            Code={"ZipFile": code("1")},
            Publish=True,
        )
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return client


def code(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", f"# {text}\n")
    return buffer.getvalue()


def publish(client: Any, name: str, number: int) -> None:
    """Publish another version and point `live` at it, as a deployment does."""
    client.update_function_code(FunctionName=name, ZipFile=code(str(number)))
    made = client.publish_version(FunctionName=name)["Version"]
    assert made == str(number)
    client.update_alias(FunctionName=name, Name="live", FunctionVersion=made)


def live(client: Any) -> list[str]:
    """The version that each function's `live` is on."""
    return [client.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for name in NAMES]
