"""The sample app, really deployed: a recording goes through API Gateway and the function of the built bundle."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from msgspec.structs import replace

from build_scripts.cli.main import main
from build_scripts.embedded.errors import EmbeddedServicesError
from build_scripts.embedded.services import client_arguments
from build_scripts.embedded.sharing import open_services
from functions.core.key_changes import add_key
from functions.core.key_ring_secret import change_ring, read_ring
from functions.core.keys import KeyRing, create_key
from tests.cloud.command_line import CdkCommand, installed
from tests.cloud.names import SECRET, STACK, STAGE
from tests.cloud.place import cloud_host
from tests.lambda_runtime.places import ROOT, NotHereError

EVENTS = ROOT / "tests" / "fixtures" / "events"
RECORDING = ROOT / "docs" / "examples" / "clearance.wav"


@dataclass(frozen=True)
class Deployed:
    """The deployed API: the URL of its stage, of the services below it, their data folder, the command line."""

    api: str
    services: str
    data_dir: Path
    cdk: CdkCommand


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    try:
        host = cloud_host()
        installed()
    except (NotHereError, EmbeddedServicesError) as reason:
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("cdk")
    with (
        tempfile.TemporaryDirectory(dir=host.root / "var" / "palier") as data_dir,
        open_services(Path(data_dir), lambda: host, enforce_iam=True) as endpoint,
    ):
        cdk = CdkCommand(endpoint.url, "tests.cloud.sample_app", folder)
        cdk.bootstrap()
        api_id = cdk.deploy(STACK)[STACK]["ApiId"]
        yield Deployed(f"{endpoint.url}/restapis/{api_id}/{STAGE}/_user_request_", endpoint.url, Path(data_dir), cdk)


@pytest.fixture(scope="module")
def key(deployed: Deployed) -> str:
    """A key made by the command line, in the secret that was deployed."""
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("builtins.print", printed.append)
        arguments = ["--stage", STAGE, "--local", "--data-dir", str(deployed.data_dir), "--json"]
        assert main(["keys", "create", "--name", "sample", *arguments]) == 0
    made: str = json.loads(printed[0])["key"]
    return made


def ask(deployed: Deployed, key: str | None, **request: Any) -> httpx.Response:
    headers = {"accept": "*/*"} | ({"x-api-key": key} if key else {}) | request.pop("headers", {})
    return httpx.post(f"{deployed.api}/predict", headers=headers, timeout=60, **request)


def test_a_recording_is_diagnosed_through_api_gateway(deployed: Deployed, key: str) -> None:
    answer = ask(
        deployed,
        key,
        params={"full_scale": 4},
        content=RECORDING.read_bytes(),
        headers={"content-type": "audio/wav"},
    )
    assert (answer.status_code, answer.json().get("class_id")) == (200, "clearance"), answer.text


@pytest.mark.parametrize("wrong", [None, "palier_000000000000_x"])
def test_without_a_key_nothing_is_diagnosed(deployed: Deployed, wrong: str | None) -> None:
    answer = ask(deployed, wrong, json={"signal": [0.0]})
    assert answer.status_code == 401
    assert answer.json()["code"] == ("api_key_invalid" if wrong else "api_key_missing")


def test_the_functions_have_their_layers_and_the_secret_its_hash(deployed: Deployed, key: str) -> None:
    lambda_ = boto3.client("lambda", **client_arguments(deployed.services))
    functions = {one["FunctionName"]: one for one in lambda_.list_functions()["Functions"]}
    inference, rotation = functions[f"{STACK}-inference"], functions[f"{STACK}-rotation"]
    assert (inference["Runtime"], rotation["Runtime"]) == ("python3.13", "python3.13")
    assert (len(inference["Layers"]), len(rotation["Layers"])) == (2, 1)
    assert [stored.id for stored in ring(deployed).keys] == [key.split("_")[1]]
    assert key.split("_", 2)[2] not in str(ring(deployed))


def test_the_rotation_of_the_bundle_expires_keys(deployed: Deployed, key: str) -> None:
    old = replace(create_key("old")[1], created_at=datetime(2026, 1, 1, tzinfo=UTC))
    over = create_key("over", expires_at=datetime(2026, 1, 2, tzinfo=UTC))[1]
    client = boto3.client("secretsmanager", **client_arguments(deployed.services))
    change_ring(client, SECRET, lambda ring: add_key(add_key(ring, old), over))
    lambda_ = boto3.client("lambda", **client_arguments(deployed.services))
    for step in ("create", "set", "test", "finish"):
        event = json.loads((EVENTS / f"rotation_{step}.json").read_text()) | {"SecretId": SECRET}
        answer = lambda_.invoke(FunctionName=f"{STACK}-rotation", Payload=json.dumps(event))
        assert "FunctionError" not in answer, answer["Payload"].read()
    assert {one.id: one.expires_at is None for one in ring(deployed).keys} == {key.split("_")[1]: True, old.id: False}


def test_a_role_grants_nothing_beyond_its_policy(deployed: Deployed, key: str) -> None:
    """Shows that roles are enforced: what worked before no longer does without its policy."""
    iam = boto3.client("iam", **client_arguments(deployed.services))
    lambda_ = boto3.client("lambda", **client_arguments(deployed.services))
    arn = lambda_.get_function_configuration(FunctionName=f"{STACK}-inference")["Role"]
    role = arn.rpartition("/")[2]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    answer = ask(deployed, key, json={"signal": [0.0]})
    assert (answer.status_code, answer.json()["code"]) == (503, "dependency_unavailable")


def ring(deployed: Deployed) -> KeyRing:
    return read_ring(boto3.client("secretsmanager", **client_arguments(deployed.services)), SECRET).ring
