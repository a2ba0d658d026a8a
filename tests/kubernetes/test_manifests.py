"""docs/kubernetes.md, held to the published schemas and to what the container does."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from functions.container.app import Container
from functions.container.settings import ContainerSettings
from functions.core.settings import Settings, variable_of
from tests.container_image.dockerfile import DOCKERFILE, stages
from tests.kubernetes.schemas import FIXTURE
from tests.support.apps import client_of, every_route
from tests.support.container import make_container

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "kubernetes.md").read_text()
DOCUMENTS = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]
SERVICE, POLICY = DOCUMENTS
PREDICTOR = SERVICE["spec"]["predictor"]
(CONTAINER,) = PREDICTOR["containers"]
SCHEMAS = json.loads(FIXTURE.read_text())


def check(document: Any, kind: str) -> None:
    schema = {"$ref": f"#/$defs/{kind}", "$defs": SCHEMAS["$defs"]}
    jsonschema.Draft202012Validator(schema).validate(document)


def test_the_inference_service_is_what_kserve_publishes() -> None:
    assert (SERVICE["apiVersion"], SERVICE["kind"]) == ("serving.kserve.io/v1beta1", "InferenceService")
    check(SERVICE, "V1beta1InferenceService")


def test_the_network_policy_is_what_kubernetes_publishes() -> None:
    assert (POLICY["apiVersion"], POLICY["kind"]) == ("networking.k8s.io/v1", "NetworkPolicy")
    check(POLICY, "io.k8s.api.networking.v1.NetworkPolicy")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "predictor", "minReplica"), 1),
        (("spec", "predictor", "minReplicas"), "one"),
        (("spec", "predictor", "containers", 0, "readynessProbe"), {}),
        (("spec", "predictor", "containers", 0, "livenessProbe", "httpGet", "port"), [8080]),
        (("spec", "predictor", "containers", 0, "resources", "limits", "nvidia.com/gpu"), {"count": 1}),
    ],
    ids=lambda value: str(value[-1]) if isinstance(value, tuple) else None,
)
def test_the_schema_can_refuse(path: tuple[Any, ...], value: Any) -> None:
    broken = copy.deepcopy(SERVICE)
    place = broken
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        check(broken, "V1beta1InferenceService")


def test_a_gpu_is_requested_and_limited() -> None:
    resources = CONTAINER["resources"]
    assert resources["requests"]["nvidia.com/gpu"] == resources["limits"]["nvidia.com/gpu"] == "1"
    assert set(resources["limits"]) == set(resources["requests"]) == {"cpu", "memory", "nvidia.com/gpu"}


def test_it_runs_without_rights_as_the_image_s_user() -> None:
    pod, own = PREDICTOR["securityContext"], CONTAINER["securityContext"]
    user, group = stages(DOCKERFILE.read_text())["serve"].last("USER").rest.split(":")
    assert (pod["runAsNonRoot"], pod["runAsUser"], pod["runAsGroup"]) == (True, int(user), int(group))
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (own["allowPrivilegeEscalation"], own["readOnlyRootFilesystem"], own["privileged"]) == (False, True, False)
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert PREDICTOR["automountServiceAccountToken"] is False


def test_what_is_written_to_is_mounted() -> None:
    mounts = {mount["mountPath"]: mount["name"] for mount in CONTAINER["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in PREDICTOR["volumes"]}
    assert mounts[str(ContainerSettings().tensorrt_cache_dir.parent)] == "scratch"
    assert "emptyDir" in volumes["scratch"]
    assert set(mounts.values()) == set(volumes)


async def test_every_probe_is_answered(settings: Settings) -> None:
    container: Container = make_container(settings)
    paths = {route.path for route in every_route(container.app)}
    async with client_of(container.served) as client:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = CONTAINER[probe]["httpGet"]
            assert asked["port"] == CONTAINER["ports"][0]["containerPort"] == ContainerSettings().port
            assert asked["path"] in paths
            assert (await client.get(asked["path"])).status_code == 200
        scraped = SERVICE["metadata"]["annotations"]["prometheus.io/path"]
        assert (await client.get(scraped)).status_code == 200


def test_the_variables_are_settings() -> None:
    fields = (*Settings.__struct_fields__, *ContainerSettings.__struct_fields__)
    assert {one["name"] for one in CONTAINER["env"]} <= {variable_of(field) for field in fields}


def test_it_has_time_to_finish() -> None:
    stopping = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"] + ContainerSettings().shutdown_s
    assert stopping < PREDICTOR["terminationGracePeriodSeconds"]


def test_nobody_comes_in_but_two_and_nothing_goes_out() -> None:
    spec = POLICY["spec"]
    assert (sorted(spec["policyTypes"]), spec["egress"]) == (["Egress", "Ingress"], [])
    (rule,) = spec["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": ContainerSettings().port}]
    assert all("namespaceSelector" in peer for peer in rule["from"])
    assert spec["podSelector"]["matchLabels"] == {"serving.kserve.io/inferenceservice": SERVICE["metadata"]["name"]}
    assert POLICY["metadata"]["namespace"] == SERVICE["metadata"]["namespace"]
