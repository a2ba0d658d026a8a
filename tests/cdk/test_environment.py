"""What the stacks set in a function's environment is what the function reads from its deployment: no less, no more.

What a function reads is found in its code. A setting that is read and neither set nor listed here fails a test, and so
does one that is set and read by nobody.
"""

from typing import Any

import pytest

from cdk.functions import FUNCTIONS, ROTATION
from cdk.stages import STAGES, StageName
from functions.container.settings import ContainerSettings
from functions.core.settings import Settings, variable_of
from tests.cdk.templates import Assembly
from tests.support.settings_read import settings_read

LAMBDA_FUNCTIONS = tuple(spec.name for spec in (*FUNCTIONS, ROTATION))
ENTRY_POINTS = {name: f"functions.{name}.handler" for name in LAMBDA_FUNCTIONS} | {
    "container": "functions.container.__main__"
}
FIELDS = frozenset(Settings.__struct_fields__)
CONTAINER_FIELDS = frozenset(ContainerSettings.__struct_fields__)

# What no stack sets, and why.
LEFT_AT_DEFAULT = {
    "threads": "the engine takes the share of the CPU that the memory brings",
    "lambda_memory_mb": "Lambda sets it",
    "lambda_initialization": "Lambda sets it",
    "api_keys_required": "no deployed function answers without a key",
    "api_keys_file": "deployed keys lie in a secret",
    "api_keys_cache_s": "every stage trusts a key store as long",
    "api_keys_max_age_days": "keys end as early in every stage",
    "api_keys_grace_days": "keys end as early in every stage",
    "max_batch": "every stage takes as large requests",
    "max_pending": "Lambda gives a function one request at a time; the container has a default of its own",
    "jobs_chunk": "the message and the worker's time-out are the same in every stage",
    "jobs_max_recordings": "every stage takes as large jobs",
    "jobs_max_recording_bytes": "every stage takes as large files",
    "jobs_max_active": "every key has the same quota",
    "jobs_max_daily_recordings": "every key has the same quota",
    "jobs_max_receives": "the queue of every stage gives up as early; test_data_stack.py holds it to the default",
    "jobs_timeout_s": "jobs may take as long in every stage",
    "healthy_classes": "a class means the same in every stage",
    "alert_k": "an asset turns by the same rule in every stage",
    "alert_n": "an asset turns by the same rule in every stage",
    "alert_zone": "no zone is watched unless somebody asks for it",
    "edge_proofs": "only functions of an HTTP API behind CloudFront are given them, which a test of its own looks at",
    "min_sample_rate_hz": "every stage takes the same recordings",
    "max_sample_rate_hz": "every stage takes the same recordings",
    "host": "a container's only network is its own",
    "port": "the image exposes the default",
    "cuda_graphs": "whether they help was not measured for every model",
    "tensorrt_cache_dir": "the image's user owns the default",
    "batching": "requests that arrive together run together",
    "batch_max_windows": "measured on the instances that are offered",
    "batch_max_delay_ms": "measured on the instances that are offered",
    "batch_max_queued": "measured on the instances that are offered",
    "max_head_bytes": "every stage takes the same heads",
    "head_timeout_s": "every stage waits as long for a head",
    "deadline_ms": "the load balancer waits as long as the default",
    "shutdown_s": "the task's stop time-out is made for the default",
    "multi_model": "SageMaker sets it",
    "multi_model_dir": "only SageMaker's contract uses it",
    "max_models": "only SageMaker's contract uses it",
}

# What one function does not take, though code that it shares with others reads it.
NOT_TAKEN = {
    ("dashboard", "api_keys_secret"): "the page asks for no key: it sends the user's own with its calls",
    ("worker", "api_keys_secret"): "nobody calls the worker: no key is asked for",
    ("jobs", "event_bus"): "it reads histories; those who write them raise the alerts",
    ("container", "history_table"): "the service on GPUs keeps no history",
    ("container", "event_bus"): "the service on GPUs keeps no history",
    ("container", "models_dir"): "the image has its models where the default looks",
}

# What one function is given beside what it reads.
ALSO_GIVEN = {
    ("rotation", "PALIER_API_KEYS_SECRET"): "names the secret to who looks at the function; events name it to the code",
    ("container", "AWS_REGION"): "boto3 reads it; Lambda sets it for functions",
}


def read_by(name: str) -> frozenset[str]:
    fields = FIELDS | CONTAINER_FIELDS if name == "container" else FIELDS
    return settings_read(ENTRY_POINTS[name], fields)


def taken_by(name: str) -> set[str]:
    """The settings that a function takes from its deployment."""
    return {one for one in read_by(name) if one not in LEFT_AT_DEFAULT and (name, one) not in NOT_TAKEN}


def expected(name: str) -> set[str]:
    # One dictionary of the stage for every function, and for each what it alone takes.
    also = {variable for function, variable in ALSO_GIVEN if function == name}
    return {variable_of(one) for one in taken_by(name)} | set(STAGES["dev"].environment()) | also


def environments(assembly: Assembly, stage: str) -> dict[str, set[str]]:
    """Each function of a stage, and the names in its environment."""
    made: list[dict[str, Any]] = [
        one for part in ("api", "secrets") for one in assembly.template(stage, part).all("AWS::Lambda::Function")
    ]
    # The smoke test of deployments is none of the bundle's functions, and has no settings.
    ours = [one for one in made if "Environment" in one]
    return {one["FunctionName"].rpartition("-")[2]: set(one["Environment"]["Variables"]) for one in ours}


@pytest.mark.parametrize("stage", [*STAGES, "warm"])
def test_a_function_is_given_what_it_takes_and_nothing_else(assembly: Assembly, stage: str) -> None:
    given = environments(assembly, stage)
    assert given.keys() == set(LAMBDA_FUNCTIONS)
    # Given and not taken, or taken and not given.
    assert {name: given[name] ^ expected(name) for name in given if given[name] != expected(name)} == {}


def test_functions_of_an_http_api_behind_cloud_front_are_given_its_secrets_too(assembly: Assembly) -> None:
    given = environments(assembly, "http")
    assert {name for name in given if given[name] - expected(name) == {"PALIER_EDGE_PROOFS"}} == {
        spec.name for spec in FUNCTIONS if spec.routes
    }
    assert "PALIER_EDGE_PROOFS" not in given["worker"] | given["rotation"]


def test_the_container_is_given_what_it_takes_and_nothing_else(assembly: Assembly) -> None:
    (container,) = assembly.template("warm", "gpu").only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert {one["Name"] for one in container["Environment"]} == expected("container")


def test_every_setting_is_given_to_a_function_or_left_for_a_reason() -> None:
    given = {one for name in ENTRY_POINTS for one in taken_by(name)}
    assert given | LEFT_AT_DEFAULT.keys() == FIELDS | CONTAINER_FIELDS
    assert given.isdisjoint(LEFT_AT_DEFAULT)


@pytest.mark.parametrize("stage", list(STAGES))
def test_what_a_stage_gives_to_all_is_read_by_some(stage: StageName) -> None:
    read = {variable_of(one) for name in ENTRY_POINTS for one in read_by(name)}
    # onnxruntime reads it, and functions/core/models/engine.py sets it where it is not set.
    assert STAGES[stage].environment().keys() - read == {"ORT_DISABLE_TELEMETRY"}


def test_exceptions_are_still_needed() -> None:
    assert all(setting in read_by(function) for function, setting in NOT_TAKEN)
    read = {name: {variable_of(one) for one in read_by(name)} for name in ENTRY_POINTS}
    assert not any(variable in read[function] for function, variable in ALSO_GIVEN)
