"""A stage behind function URLs, deployed beside the others; `make cloud` has one behind an HTTP API."""

from build_scripts.local.cloud.doors import DeployedDoor
from tests.build_scripts.local.cloud.conftest import Cloud


def test_a_function_url_diagnoses_a_recording(cloud: Cloud) -> None:
    door = DeployedDoor(cloud.deployment, "function_url", "dev")
    door.deploy()
    answer = door.ask(cloud.keys["dev"])
    assert (answer.status_code, answer.json()["class_id"]) == (200, "clearance"), answer.text
    refused = door.ask("palier_000000000000_x")
    assert (refused.status_code, refused.json()["code"]) == (401, "api_key_invalid")
