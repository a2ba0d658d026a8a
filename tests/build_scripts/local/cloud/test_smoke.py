"""The hook that asks new versions, against functions that are deployed: their code, layers and roles."""

import logging
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from build_scripts.local.lambda_sandbox.places import BUILD
from cdk.functions import FUNCTIONS
from cdk.resource_names import ALIAS
from cdk.smoke.hook import handler
from tests.build_scripts.local.cloud.conftest import Cloud

EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}


def reported(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, name: str, version: str) -> str:
    """What the hook reports of a version: CodeDeploy alone, which the emulator has not, is played."""
    statuses: list[str] = []
    content = f'{{"Resources": [{{"Live": {{"Properties": {{"Name": "{name}", "TargetVersion": "{version}"}}}}}}]}}'
    deployments = SimpleNamespace(
        get_deployment=lambda **_: {"deploymentInfo": {"revision": {"string": {"content": content}}}},
        put_lifecycle_event_hook_execution_status=lambda **asked: statuses.append(asked["status"]),
    )
    clients: dict[str, Any] = {"codedeploy": deployments, "lambda": cloud.client("lambda")}
    monkeypatch.setattr(boto3, "client", clients.__getitem__)
    handler(EVENT, None)
    (status,) = statuses
    return status


@pytest.mark.parametrize("name", [spec.name for spec in FUNCTIONS if spec.routes])
def test_a_version_that_works_passes(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    function = f"palier-dev-{name}"
    live = cloud.client("lambda").get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"]
    assert reported(cloud, monkeypatch, function, live) == "Succeeded"


def test_a_version_without_its_model_fails(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lambda_ = cloud.client("lambda")
    like = lambda_.get_function_configuration(FunctionName="palier-dev-inference")
    broken = like["Environment"]["Variables"] | {"PALIER_DEFAULT_MODEL": "none-of-ours"}
    made = {name: like[name] for name in ("Runtime", "Role", "Handler", "MemorySize", "Timeout")}
    made |= {"FunctionName": "palier-broken", "Environment": {"Variables": broken}, "Publish": True}
    layers = [one["Arn"] for one in like["Layers"]]
    lambda_.create_function(**made, Layers=layers, Code={"ZipFile": (BUILD / "functions.zip").read_bytes()})
    with caplog.at_level(logging.WARNING):
        assert reported(cloud, monkeypatch, "palier-broken", "1") == "Failed"
    lambda_.delete_function(FunctionName="palier-broken")
    assert "none-of-ours" in caplog.text
