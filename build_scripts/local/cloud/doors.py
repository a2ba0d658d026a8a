"""The other doors of a stage, HTTP API and function URLs, deployed to the emulator and asked for a diagnosis."""

from dataclasses import dataclass

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from build_scripts.local.aws.embedded.access import REGION, Access, client_arguments
from build_scripts.local.cloud.app import DOOR_STAGE, Change
from build_scripts.local.cloud.command_line import TIMEOUT_S
from build_scripts.local.cloud.deployment import Deployment
from build_scripts.local.lambda_sandbox.places import ROOT
from cdk.resource_names import key_secret_name, resource_name
from cdk.stage_parts import Door
from cdk.stages import StageName
from functions.core.decoding.formats import WAV

RECORDING = ROOT / "docs" / "examples" / "clearance.wav"
# What answers, and what it needs.
_PARTS = ("data", "secrets", "api")
# Where the emulator has what AWS gives a name of its own: before the identifier, and after it.
_PLACES: dict[Door, tuple[str, str]] = {
    "http_api": ("/_aws/execute-api/", "/$default"),
    "function_url": ("/_aws/lambda-url/", ""),
}
_SERVICES: dict[Door, str] = {"http_api": "execute-api", "function_url": "lambda"}


@dataclass(frozen=True)
class DeployedDoor:
    """A stage of one door, beside the stages that are there; its keys are those of `keys_of`."""

    deployment: Deployment
    door: Door
    keys_of: StageName

    def deploy(self) -> None:
        """Deploy the stage, or change the door of the one that is there."""
        self.deployment.synthesize(change=Change(door=self.door))
        self.deployment.deploy(*(resource_name(DOOR_STAGE, part) for part in _PARTS))
        secrets = boto3.client("secretsmanager", **client_arguments(self._access))
        ring = secrets.get_secret_value(SecretId=key_secret_name(self.keys_of))["SecretString"]
        secrets.put_secret_value(SecretId=key_secret_name(DOOR_STAGE), SecretString=ring)

    def ask(self, key: str) -> httpx.Response:
        """Post the example's recording, with the signature of the administrator."""
        access = self._access
        url, recording = f"{self.url}/predict?full_scale=4", RECORDING.read_bytes()
        request = AWSRequest("POST", url, {"x-api-key": key, "content-type": WAV, "accept": "*/*"}, recording)
        SigV4Auth(Credentials(access.key_id, access.secret), _SERVICES[self.door], REGION).add_auth(request)
        return httpx.post(url, content=recording, headers=dict(request.headers), timeout=TIMEOUT_S)

    @property
    def url(self) -> str:
        """Where the emulator has the door: the URL of the stack's output is AWS's."""
        identifier = (
            self.deployment.outputs[resource_name(DOOR_STAGE, "api")]["Url"].partition("//")[2].partition(".")[0]
        )
        before, after = _PLACES[self.door]
        return f"{self._access.url}{before}{identifier}{after}"

    @property
    def _access(self) -> Access:
        return self.deployment.access
