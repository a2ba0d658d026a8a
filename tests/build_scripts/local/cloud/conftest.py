"""dev and staging, deployed once beside each other, with roles enforced."""

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from build_scripts.local.aws.embedded.access import REGION, client_arguments
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.sharing import open_services
from build_scripts.local.cloud.command_line import installed
from build_scripts.local.cloud.deployment import Deployment
from build_scripts.local.cloud.place import OFFER, cloud_host
from build_scripts.local.lambda_sandbox.places import NotHereError
from build_scripts.palier_cli.main import main
from cdk.stages import StageName

STAGES: tuple[StageName, ...] = ("dev", "staging")


@dataclass(frozen=True)
class Cloud:
    """The deployed stages, a client of any service, a key of each stage, and the stages that a test has changed."""

    deployment: Deployment
    data_dir: str
    keys: dict[StageName, str]
    changed: set[StageName] = field(default_factory=set)

    def deploy_as_shipped(self) -> None:
        """Deploy anew what a test has changed or removed; what is synthesized are the stages that ship."""
        self.deployment.synthesize(*STAGES)
        if self.changed:
            self.deployment.deploy(*(f"palier-{stage}-*" for stage in self.changed))
        for stage in self.changed:
            self.keys[stage] = _make_key(stage, self.data_dir)
        self.changed.clear()

    def client(self, service: str) -> Any:
        """A client with the administrator's credentials."""
        return boto3.client(service, **client_arguments(self.deployment.access))  # type: ignore[call-overload]

    def ask(self, stage: StageName, path: str = "/predict", key: str | None = "", **request: Any) -> httpx.Response:
        """POST to a stage's API; with the stage's own key unless another or none is given."""
        chosen = self.keys[stage] if key == "" else key
        headers = {"accept": "*/*"} | ({"x-api-key": chosen} if chosen else {}) | request.pop("headers", {})
        return httpx.post(f"{self.deployment.api(stage)}{path}", headers=headers, timeout=300, **request)

    def read(self, stage: StageName, path: str) -> dict[str, Any]:
        """GET what a stage's API answers to the stage's own key."""
        headers = {"accept": "*/*", "x-api-key": self.keys[stage]}
        document: dict[str, Any] = httpx.get(f"{self.deployment.api(stage)}{path}", headers=headers, timeout=300).json()
        return document


def role_clients(cloud: Cloud, name: str) -> Callable[[str], Any]:
    """Clients with the credentials of a function's role in dev."""
    arn = cloud.client("lambda").get_function_configuration(FunctionName=f"palier-dev-{name}")["Role"]
    found = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    session: Any = boto3.Session(
        found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], region_name=REGION
    )
    return lambda service: session.client(service, endpoint_url=cloud.deployment.access.url)


@pytest.fixture
def cloud(deployed: Cloud) -> Cloud:
    """The stages as they ship, whatever the test before has done to them."""
    deployed.deploy_as_shipped()
    return deployed


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    pytest.importorskip("aws_cdk")
    try:
        host = cloud_host()
        installed()
    except (NotHereError, EmbeddedServicesError) as reason:
        pytest.skip(str(reason))
    with (
        tempfile.TemporaryDirectory(dir=host.root / "var" / "palier") as data_dir,
        open_services(Path(data_dir), lambda: host, offer=replace(OFFER, enforce_iam=True)) as endpoint,
    ):
        deployment = Deployment(endpoint.access, tmp_path_factory.mktemp("cloud"))
        deployment.cdk.bootstrap()
        deployment.synthesize(*STAGES)
        deployment.deploy()
        yield Cloud(deployment, data_dir, {stage: _make_key(stage, data_dir) for stage in STAGES})


def _make_key(stage: StageName, data_dir: str) -> str:
    """A key made by the command line, in the secret that was deployed."""
    with redirect_stdout(io.StringIO()) as printed:
        where = ["--stage", stage, "--local", "--data-dir", data_dir, "--json"]
        assert main(["keys", "create", "--name", "cloud", *where]) == 0
    key: str = json.loads(printed.getvalue())["key"]
    return key
