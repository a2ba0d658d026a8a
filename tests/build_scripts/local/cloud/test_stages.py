"""The deployed stacks, read back with each service's own API, and used as its users would."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from botocore.exceptions import ClientError

from build_scripts.local.aws.embedded.access import client_environment
from build_scripts.local.cloud.app import Change
from build_scripts.local.cloud.command_line import CdkFailedError
from build_scripts.local.cloud.stripping import REMOVALS
from build_scripts.local.lambda_sandbox.events import read_example
from build_scripts.local.lambda_sandbox.places import ROOT, host_architecture
from cdk.account.session import aws_session
from cdk.account.versions import Move, roll_back
from cdk.stages import STAGES as SHIPPED
from cdk.stages import StageName
from functions.core.keys.key_ring_secret import read_ring
from tests.build_scripts.local.cloud.conftest import STAGES, Cloud, role_clients
from tests.support.waiting import SECONDS, until

RECORDING = ROOT / "docs" / "examples" / "clearance.wav"
EVENTS = ROOT / "tests" / "fixtures" / "events"
stages = pytest.mark.parametrize("stage", STAGES)


def inference(stage: StageName) -> str:
    return f"palier-{stage}-inference"


def live_version(cloud: Cloud, stage: StageName) -> int:
    alias = cloud.client("lambda").get_alias(FunctionName=inference(stage), Name="live")
    return int(alias["FunctionVersion"])


def test_what_was_taken_out_is_on_the_list(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = {removal.type: f"{removal.reason}; held by {removal.covered_by}" for removal in REMOVALS}
    with capsys.disabled():
        lines = [
            f"  {count:3} {type_}: {reasons[type_]}"
            for type_, count in sorted(cloud.deployment.assembly.removed.items())
        ]
        sys.stdout.write("\n".join(("\nnot created by the emulator:", *lines, "")))
    assert set(cloud.deployment.assembly.removed) <= set(reasons)
    assert all((ROOT / removal.covered_by).exists() for removal in REMOVALS)


@stages
def test_functions_are_those_of_the_stage(cloud: Cloud, stage: StageName) -> None:
    lambda_ = cloud.client("lambda")
    function = lambda_.get_function_configuration(FunctionName=inference(stage))
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", [host_architecture()])
    assert function["MemorySize"] == SHIPPED[stage].sizes["inference"].memory_mb
    assert function["Environment"]["Variables"]["PALIER_STAGE"] == stage
    assert len(function["Layers"]) == 2
    versions = lambda_.list_versions_by_function(FunctionName=inference(stage))["Versions"]
    assert live_version(cloud, stage) == max(int(one["Version"]) for one in versions if one["Version"] != "$LATEST")


@stages
def test_the_rest_of_the_stage_is_there(cloud: Cloud, stage: StageName) -> None:
    name = f"palier-{stage}"
    (api,) = [one for one in cloud.client("apigateway").get_rest_apis()["items"] if one["name"] == name]
    assert api["binaryMediaTypes"] == ["*/*"]
    settings = cloud.client("apigateway").get_stage(restApiId=api["id"], stageName=stage)
    assert settings["tracingEnabled"] is True
    paths = {one["path"] for one in cloud.client("apigateway").get_resources(restApiId=api["id"], limit=500)["items"]}
    assert {"/predict", "/predict/batch", "/health", "/v2/{path+}", "/jobs/{job_id}/results", "/assets"} <= paths
    assert cloud.client("secretsmanager").describe_secret(SecretId=f"palier/{stage}/api-keys")["Name"]
    assert len([one for one in cloud.client("dynamodb").list_tables()["TableNames"] if one.startswith(name)]) == 2
    assert name in {one["Name"] for one in cloud.client("events").list_event_buses()["EventBuses"]}
    alarms = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{name}-")["MetricAlarms"]
    assert {f"{name}-rotation-failures", f"{name}-dead-letters"} <= {one["AlarmName"] for one in alarms}


@stages
def test_the_web_acl_has_its_rules(cloud: Cloud, stage: StageName) -> None:
    wafv2 = cloud.client("wafv2")
    (found,) = [one for one in wafv2.list_web_acls(Scope="REGIONAL")["WebACLs"] if one["Name"] == f"palier-{stage}"]
    acl = wafv2.get_web_acl(Scope="REGIONAL", Name=found["Name"], Id=found["Id"])["WebACL"]
    limits = [
        rule["Statement"]["RateBasedStatement"]["Limit"]
        for rule in acl["Rules"]
        if "RateBasedStatement" in rule["Statement"]
    ]
    assert sorted(limits) == sorted([SHIPPED[stage].rate_limits.per_ip, SHIPPED[stage].rate_limits.per_key])


@stages
def test_a_recording_is_diagnosed_through_api_gateway(cloud: Cloud, stage: StageName) -> None:
    wav = cloud.ask(
        stage, params={"full_scale": 4}, content=RECORDING.read_bytes(), headers={"content-type": "audio/wav"}
    )
    samples = read_example("clearance.wav", 1.0)
    as_json = cloud.ask(stage, json={"signal": samples.tolist()})
    raw = cloud.ask(
        stage,
        "/v2/models/journal-bearing/infer",
        content=samples.astype("<f4").tobytes(),
        headers={"inference-header-content-length": "0", "content-type": "application/octet-stream"},
    )
    assert [one.status_code for one in (wav, as_json, raw)] == [200, 200, 200], (wav.text, as_json.text)
    assert (wav.json()["class_id"], as_json.json()["class_id"]) == ("clearance", "clearance")
    probabilities = np.frombuffer(raw.content[int(raw.headers["inference-header-content-length"]) :], "<f4")[11:]
    assert int(probabilities.argmax()) == as_json.json()["predicted_class"]


@stages
@pytest.mark.parametrize(("key", "code"), [(None, "api_key_missing"), ("palier_000000000000_x", "api_key_invalid")])
def test_without_a_good_key_nothing_is_diagnosed(cloud: Cloud, stage: StageName, key: str | None, code: str) -> None:
    answer = cloud.ask(stage, key=key, json={"signal": [0.0]})
    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_key_of_one_stage_opens_no_other(cloud: Cloud) -> None:
    answer = cloud.ask("staging", key=cloud.keys["dev"], json={"signal": [0.0]})
    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_invalid")


def test_the_secret_holds_a_hash_and_no_key(cloud: Cloud) -> None:
    ring = read_ring(cloud.client("secretsmanager"), "palier/dev/api-keys").ring
    # Beside the key that the first deployment's script makes.
    assert cloud.keys["dev"].split("_")[1] in [stored.id for stored in ring.keys]
    assert cloud.keys["dev"].split("_", 2)[2] not in str(ring)


def test_rotation_does_its_work_with_its_own_role(cloud: Cloud) -> None:
    before = read_ring(cloud.client("secretsmanager"), "palier/dev/api-keys").ring
    for step in ("create", "set", "test", "finish"):
        event = json.loads((EVENTS / f"rotation_{step}.json").read_text()) | {"SecretId": "palier/dev/api-keys"}
        answer = cloud.client("lambda").invoke(FunctionName="palier-dev-rotation", Payload=json.dumps(event))
        assert "FunctionError" not in answer, answer["Payload"].read()
    after = read_ring(cloud.client("secretsmanager"), "palier/dev/api-keys").ring
    # No key is old enough to end.
    assert [key.id for key in after.keys] == [key.id for key in before.keys]


@pytest.mark.parametrize("name", ["inference", "rotation", "jobs"])
def test_a_role_grants_nothing_beyond_its_policy(cloud: Cloud, name: str) -> None:
    """The function's own credentials: what it needs is let through, the next thing is not."""
    client = role_clients(cloud, name)
    secrets, tables = client("secretsmanager"), client("dynamodb")
    assert secrets.get_secret_value(SecretId="palier/dev/api-keys")["Name"] == "palier/dev/api-keys"
    with pytest.raises(ClientError, match="AccessDenied"):
        secrets.get_secret_value(SecretId="palier/staging/api-keys")
    with pytest.raises(ClientError, match="AccessDenied"):
        tables.list_tables()


def test_an_update_is_a_new_version_loses_no_request_and_is_rolled_back(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.changed.add("dev")
    before = {stage: live_version(cloud, stage) for stage in STAGES}
    cloud.deployment.synthesize(*STAGES, change=Change(memory_mb=1024))
    with asked_again_and_again(cloud, "dev") as answers:
        until(lambda: bool(answers))
        cloud.deployment.deploy("palier-dev-api")
    # One at least from before the update.
    assert set(answers) == {200}
    function = cloud.client("lambda").get_function_configuration(FunctionName=inference("dev"))
    assert function["MemorySize"] == 1024
    assert {stage: live_version(cloud, stage) for stage in STAGES} == before | {"dev": before["dev"] + 1}

    for name, value in client_environment(cloud.deployment.access).items():
        monkeypatch.setenv(name, value)
    moved = roll_back(SHIPPED["dev"], aws_session(), ["inference"])
    assert moved == [Move(inference("dev"), before["dev"] + 1, before["dev"])]
    assert live_version(cloud, "dev") == before["dev"]
    assert cloud.ask("dev", json={"signal": read_example("clearance.wav", 1.0).tolist()}).status_code == 200


def test_a_template_that_cannot_be_deployed_rolls_back(cloud: Cloud) -> None:
    before = live_version(cloud, "dev")
    cloud.deployment.synthesize("dev", change=Change(broken="api", memory_mb=2048))
    with pytest.raises(CdkFailedError, match="ROLLBACK"):
        cloud.deployment.deploy("palier-dev-api")
    status = cloud.client("cloudformation").describe_stacks(StackName="palier-dev-api")["Stacks"][0]["StackStatus"]
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert live_version(cloud, "dev") == before
    assert cloud.ask("dev", json={"signal": read_example("clearance.wav", 1.0).tolist()}).status_code == 200


def test_what_is_destroyed_leaves_nothing_behind(cloud: Cloud) -> None:
    """Staging goes, dev stays."""
    cloud.changed.add("staging")
    names = [f"palier-staging-{part}" for part in ("observability", "network", "protection", "api", "secrets", "data")]
    cloud.deployment.cdk.destroy(cloud.deployment.assembly.folder, *names)
    functions = {one["FunctionName"] for one in cloud.client("lambda").list_functions()["Functions"]}
    assert [name for name in functions if "staging" in name] == []
    assert [one for one in cloud.client("dynamodb").list_tables()["TableNames"] if "staging" in one] == []
    assert [one for one in cloud.client("s3").list_buckets()["Buckets"] if "staging" in one["Name"]] == []
    assert cloud.client("sqs").list_queues(QueueNamePrefix="palier-staging").get("QueueUrls", []) == []
    assert [one for one in cloud.client("apigateway").get_rest_apis()["items"] if "staging" in one["name"]] == []
    assert [one for one in cloud.client("events").list_event_buses()["EventBuses"] if "staging" in one["Name"]] == []
    assert [one for one in cloud.client("sns").list_topics()["Topics"] if "staging" in one["TopicArn"]] == []
    assert cloud.client("lambda").list_event_source_mappings(FunctionName="palier-dev-worker")["EventSourceMappings"]
    assert cloud.ask("dev", json={"signal": read_example("clearance.wav", 1.0).tolist()}).status_code == 200


@contextmanager
def asked_again_and_again(cloud: Cloud, stage: StageName) -> Iterator[list[int]]:
    """A client that keeps asking while something else happens; yields the statuses it got."""
    answers: list[int] = []
    done = threading.Event()
    signal = read_example("clearance.wav", 1.0).tolist()

    def ask() -> None:
        # Slower than the stage's throttle, which would answer 429.
        while not done.wait(0.2):
            answers.append(cloud.ask(stage, json={"signal": signal}).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield answers
    finally:
        done.set()
        asking.join(SECONDS)
