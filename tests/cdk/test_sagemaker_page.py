"""The requests to SageMaker in docs/gpus.md are valid by the service's own model."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from cdk.gpu_instances import IMAGE, INSTANCES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gpus.md").read_text()
REQUESTS: dict[str, dict[str, Any]] = {
    name: json.loads(text)
    for name, text in re.findall(r"^ *```json (\w+)\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
}
SERVICES = {
    "CreateModel": "sagemaker",
    "CreateEndpointConfig": "sagemaker",
    "RegisterScalableTarget": "application-autoscaling",
    "PutScalingPolicy": "application-autoscaling",
}


def problems(operation: str, request: dict[str, Any]) -> str:
    """What botocore would object to before it sends a request."""
    model = get_session().get_service_model(SERVICES[operation]).operation_model(operation)
    assert model.input_shape is not None
    return str(ParamValidator().validate(request, model.input_shape).generate_report())


@pytest.mark.parametrize("operation", SERVICES)
def test_a_request_is_one_of_the_service(operation: str) -> None:
    assert problems(operation, REQUESTS[operation]) == ""


def test_a_wrong_request_would_be_found() -> None:
    request = {**REQUESTS["CreateModel"], "Image": "palier"}
    assert 'Unknown parameter in input: "Image"' in problems("CreateModel", request)


def test_the_page_has_no_other_requests() -> None:
    assert set(REQUESTS) == set(SERVICES)


def test_the_image_is_named_by_its_digest() -> None:
    assert IMAGE.fullmatch(REQUESTS["CreateModel"]["PrimaryContainer"]["Image"])


def test_the_instance_has_one_gpu_and_the_machine_image_cuda_13() -> None:
    (variant,) = REQUESTS["CreateEndpointConfig"]["ProductionVariants"]
    assert variant["InstanceType"].removeprefix("ml.") in INSTANCES
    shape = get_session().get_service_model("sagemaker").shape_for("ProductionVariantInferenceAmiVersion")
    assert variant["InferenceAmiVersion"] in getattr(shape, "enum")  # noqa: B009 - the stubs do not know it
    assert variant["ModelName"] == REQUESTS["CreateModel"]["ModelName"]


def test_scaling_is_of_the_endpoint_s_variant() -> None:
    (variant,) = REQUESTS["CreateEndpointConfig"]["ProductionVariants"]
    for operation in ("RegisterScalableTarget", "PutScalingPolicy"):
        assert REQUESTS[operation]["ResourceId"] == f"endpoint/palier/variant/{variant['VariantName']}"
