"""A stage behind the other doors, deployed beside the others: it diagnoses, and refuses whoever is not let in."""

import pytest

from build_scripts.local.cloud.doors import DeployedDoor
from cdk.stage_parts import Door
from tests.build_scripts.local.cloud.conftest import Cloud


@pytest.mark.parametrize("door", ["http_api", "function_url"])
def test_another_door_diagnoses_a_recording(cloud: Cloud, door: Door) -> None:
    deployed = DeployedDoor(cloud.deployment, door, "dev")
    deployed.deploy()
    answer = deployed.ask(cloud.keys["dev"])
    assert (answer.status_code, answer.json()["class_id"]) == (200, "clearance"), answer.text
    refused = deployed.ask("palier_000000000000_x")
    assert (refused.status_code, refused.json()["code"]) == (401, "api_key_invalid")
