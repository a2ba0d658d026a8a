"""The smoke test reports to CodeDeploy how a new version answered."""

import io
import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from cdk.smoke.hook import PROBE, handler, target
from functions.core.lambda_host import starting

EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}
RESOURCE = {"Type": "AWS::Lambda::Function", "Properties": {"Name": "palier-prod-jobs", "Alias": "live"}}
SPEC = {"version": 0.0, "Resources": [{"Live": RESOURCE}]}
RESOURCE["Properties"] |= {"CurrentVersion": "6", "TargetVersion": "7"}  # type: ignore[operator]
YAML = """
version: 0.0
Resources:
  - Live:
      Type: AWS::Lambda::Function
      Properties:
        Name: "palier-prod-jobs"
        Alias: "live"
        CurrentVersion: "6"
        TargetVersion: "7"
"""


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What CodeDeploy and Lambda are asked; `answer` is what the version says."""
    asked: dict[str, Any] = {"answer": {"Payload": io.BytesIO(b'{"probed": true}')}}

    def invoke(**request: Any) -> dict[str, Any]:
        asked["invoked"] = request
        answer: dict[str, Any] = asked["answer"]
        return answer

    def deployment(**_: str) -> dict[str, Any]:
        return {"deploymentInfo": {"revision": asked.get("revision", {"string": {"content": json.dumps(SPEC)}})}}

    def report(**status: str) -> None:
        asked["status"] = status

    clients = {
        "codedeploy": SimpleNamespace(
            get_deployment=deployment,
            put_lifecycle_event_hook_execution_status=report,
        ),
        "lambda": SimpleNamespace(invoke=invoke),
    }
    monkeypatch.setattr(boto3, "client", clients.__getitem__)
    return asked


def test_the_probe_is_what_functions_take() -> None:
    assert PROBE == starting.PROBE


def test_a_version_that_answers_gets_traffic(reported: dict[str, Any]) -> None:
    handler(EVENT, None)
    assert reported["invoked"] == {
        "FunctionName": "palier-prod-jobs",
        "Qualifier": "7",
        "Payload": json.dumps(PROBE),
    }
    assert reported["status"] == {
        "deploymentId": "d-1",
        "lifecycleEventHookExecutionId": "hook-1",
        "status": "Succeeded",
    }


def test_a_version_that_fails_gets_none(reported: dict[str, Any]) -> None:
    reported["answer"] = {
        "FunctionError": "Unhandled",
        "Payload": io.BytesIO(b'{"errorType": "ModelUnavailableError"}'),
    }
    handler(EVENT, None)
    assert reported["status"]["status"] == "Failed"


def test_what_cannot_be_read_fails_the_deployment_and_is_raised(reported: dict[str, Any]) -> None:
    reported["revision"] = {"string": {"content": "{}"}}
    with pytest.raises(ValueError, match="AppSpec of the deployment has no Name"):
        handler(EVENT, None)
    assert reported["status"]["status"] == "Failed"


@pytest.mark.parametrize("content", [json.dumps(SPEC), json.dumps(SPEC, indent=1), YAML])
@pytest.mark.parametrize("member", ["string", "appSpecContent"])
def test_the_version_stands_in_the_app_spec(content: str, member: str) -> None:
    assert target({member: {"content": content}}) == ("palier-prod-jobs", "7")
