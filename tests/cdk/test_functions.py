"""Functions: settings from the stage, files from the bundle, roles with the least, versions behind an alias."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cdk.functions import FUNCTIONS, ROTATION
from cdk.stages import Stage
from functions.core.settings import Settings, variable_of
from tests.cdk.stage_variants import EXTRA, WARM
from tests.cdk.templates import Assembly, Template

PARTS = ("api", "secrets")


@pytest.fixture
def template(assembly: Assembly, stage: Stage) -> Template:
    return assembly.template(stage.name, "api")


@pytest.fixture
def warm(assembly: Assembly) -> Template:
    return assembly.template("warm", "api")


def function(template: Template, name: str) -> dict[str, Any]:
    (found,) = [one for one in template.all("AWS::Lambda::Function") if one["FunctionName"].endswith(f"-{name}")]
    return found


def test_sizes_are_the_stage_s(template: Template, stage: Stage) -> None:
    inference, size = function(template, "inference"), stage.sizes["inference"]
    assert inference["MemorySize"] == size.memory_mb
    assert inference["Timeout"] == size.timeout_s
    assert inference["ReservedConcurrentExecutions"] == size.reserved_concurrency
    assert inference["Architectures"] == [stage.architecture]
    assert inference["Runtime"] == "python3.13"
    assert inference["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("part", PARTS)
def test_environment_names_are_settings(assembly: Assembly, stage: Stage, part: str) -> None:
    known = {variable_of(name) for name in Settings.__struct_fields__} | {"ORT_DISABLE_TELEMETRY"}
    for one in assembly.template(stage.name, part).all("AWS::Lambda::Function"):
        variables = set(one["Environment"]["Variables"])
        assert {"PALIER_STAGE", "ORT_DISABLE_TELEMETRY"} <= variables <= known
        # The page asks for no key: it sends the user's own with its calls.
        assert ("PALIER_API_KEYS_SECRET" in variables) == (not one["FunctionName"].endswith("-dashboard"))


def test_models_are_read_from_their_layer(template: Template) -> None:
    inference = function(template, "inference")
    assert inference["Environment"]["Variables"]["PALIER_MODELS_DIR"] == "/opt/models"
    described = {
        template.document["Resources"][layer["Ref"]]["Properties"]["Description"] for layer in inference["Layers"]
    }
    assert described == {"Palier runtime, arm64", "Palier models, arm64"}


@pytest.mark.parametrize("name", ["dev", "warm"])
def test_what_is_deployed_is_the_bundle_byte_for_byte(assembly: Assembly, bundle_dir: Path, name: str) -> None:
    machine = WARM.architecture if name == "warm" else "arm64"
    built = {"functions.zip", f"layers/runtime-{machine}.zip", f"layers/models-{machine}.zip"}
    expected = {hashlib.sha256((bundle_dir / one).read_bytes()).hexdigest() for one in built}
    template = assembly.template(name, "api")
    keys = {one["Code"]["S3Key"] for one in template.all("AWS::Lambda::Function")} | {
        one["Content"]["S3Key"] for one in template.all("AWS::Lambda::LayerVersion")
    }
    found = {hashlib.sha256((assembly.folder / f"asset.{key}").read_bytes()).hexdigest() for key in keys}
    assert found == expected


def test_snap_start_where_the_stage_says_so(template: Template, stage: Stage) -> None:
    expected = {"ApplyOn": "PublishedVersions"} if stage.snap_start else None
    assert function(template, "inference").get("SnapStart") == expected
    assert template.all("AWS::ApplicationAutoScaling::ScalableTarget") == []


def test_provisioned_concurrency_follows_the_load(warm: Template) -> None:
    target = warm.all("AWS::ApplicationAutoScaling::ScalableTarget")[0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 20)
    policy = warm.all("AWS::ApplicationAutoScaling::ScalingPolicy")[0]["TargetTrackingScalingPolicyConfiguration"]
    assert policy["TargetValue"] == 0.7
    metric = policy["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert metric == "LambdaProvisionedConcurrencyUtilization"
    assert "SnapStart" not in function(warm, "inference")


def test_callers_use_an_alias_of_a_published_version(template: Template) -> None:
    aliases = template.all("AWS::Lambda::Alias")
    assert len(aliases) == len(FUNCTIONS)
    for alias in aliases:
        version = template.document["Resources"][alias["FunctionVersion"]["Fn::GetAtt"][0]]
        assert alias["Name"] == "live"
        assert version["Type"] == "AWS::Lambda::Version"


def test_canary_shifts_and_rolls_back_on_alarms(template: Template, stage: Stage) -> None:
    aliases = template.resources("AWS::Lambda::Alias")
    groups = template.all("AWS::CodeDeploy::DeploymentGroup")
    if stage.shift == "all_at_once":
        assert all("UpdatePolicy" not in alias for alias in aliases)
        assert groups == []
        return
    assert len(groups) == len(aliases) == len(FUNCTIONS)
    minutes = re.findall(r"\d+", stage.shift)[1]
    for group in groups:
        assert group["DeploymentConfigName"] == f"CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes"
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert len(group["AlarmConfiguration"]["Alarms"]) == 2
    assert all("CodeDeployLambdaAliasUpdate" in alias["UpdatePolicy"] for alias in aliases)


def test_a_rollback_alarm_watches_the_function_and_one_the_api(assembly: Assembly) -> None:
    alarms = assembly.template("prod", "api").all("AWS::CloudWatch::Alarm")
    watched = {(one["Namespace"], one["MetricName"], str(one["Dimensions"])) for one in alarms}
    assert watched == {
        *(
            (
                "AWS/Lambda",
                "Errors",
                f"[{{'Name': 'FunctionName', 'Value': 'palier-prod-{spec.name}'}}, "
                f"{{'Name': 'Resource', 'Value': 'palier-prod-{spec.name}:live'}}]",
            )
            for spec in FUNCTIONS
        ),
        (
            "AWS/ApiGateway",
            "5XXError",
            "[{'Name': 'ApiName', 'Value': 'palier-prod'}, {'Name': 'Stage', 'Value': 'prod'}]",
        ),
    }


@pytest.mark.parametrize("part", PARTS)
def test_logs_are_kept_as_long_as_the_stage_says(assembly: Assembly, stage: Stage, part: str) -> None:
    template = assembly.template(stage.name, part)
    assert {one["RetentionInDays"] for one in template.all("AWS::Logs::LogGroup")} == {stage.retention.log_days}
    for one in template.all("AWS::Lambda::Function"):
        log = template.document["Resources"][one["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
        assert log["LogGroupName"] == f"/aws/lambda/{one['FunctionName']}"


def test_every_function_has_a_role_of_its_own(warm: Template) -> None:
    functions = warm.all("AWS::Lambda::Function")
    roles = {one["Role"]["Fn::GetAtt"][0] for one in functions}
    assert len(functions) == len(roles) == len(FUNCTIONS) + len(EXTRA)
    for role in roles:
        assert "ManagedPolicyArns" not in warm.document["Resources"][role]["Properties"]


def test_the_only_wildcards_are_traces_and_objects(assembly: Assembly) -> None:
    wild = []
    for name, part in [("prod", "api"), ("prod", "secrets"), ("warm", "api")]:
        for statement in assembly.template(name, part).statements():
            assert "*" not in json.dumps(statement["Action"])
            if "*" in json.dumps(statement["Resource"]):
                wild.append(
                    tuple(statement["Action"]) if isinstance(statement["Action"], list) else statement["Action"]
                )
    assert set(wild) == {("xray:PutTelemetryRecords", "xray:PutTraceSegments"), "s3:PutObject", "s3:GetObject"}


def statements_of(template: Template, name: str) -> dict[str, Any]:
    role = function(template, name)["Role"]["Fn::GetAtt"][0]
    (policy,) = [one for one in template.all("AWS::IAM::Policy") if one["Roles"] == [{"Ref": role}]]
    return {json.dumps(one["Action"]): one for one in policy["PolicyDocument"]["Statement"]}


def test_inference_reads_its_keys_and_nothing_else(template: Template) -> None:
    actions = statements_of(template, "inference")
    assert set(actions) == {
        '["logs:CreateLogStream", "logs:PutLogEvents"]',
        '["xray:PutTelemetryRecords", "xray:PutTraceSegments"]',
        '"secretsmanager:GetSecretValue"',
        '"kms:Decrypt"',
    }


def test_one_entry_grants_what_it_says(warm: Template) -> None:
    worker = " ".join(statements_of(warm, "worker"))
    jobs = " ".join(statements_of(warm, "jobs"))
    assert "dynamodb:PutItem" in worker
    assert "dynamodb:GetItem" not in worker
    assert "s3:GetObject" in worker
    assert "s3:PutObject" not in worker
    assert "sqs:ReceiveMessage" in worker
    assert "secretsmanager" not in worker
    assert "sqs:SendMessage" in jobs
    assert "sqs:ReceiveMessage" not in jobs
    assert "secretsmanager:GetSecretValue" in jobs


def test_one_entry_names_its_resources_to_the_function(warm: Template) -> None:
    variables = function(warm, "jobs")["Environment"]["Variables"]
    assert {"PALIER_JOBS_TABLE", "PALIER_RECORDINGS_BUCKET", "PALIER_QUEUE"} <= set(variables)
    assert "PALIER_JOBS_TABLE" not in function(warm, "worker")["Environment"]["Variables"]


def test_the_queue_drives_the_worker_and_takes_back_single_jobs(warm: Template) -> None:
    mapping = warm.only("AWS::Lambda::EventSourceMapping")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": WARM.sizes["worker"].reserved_concurrency}
    assert mapping["BatchSize"] == 1


@pytest.mark.parametrize("spec", [*FUNCTIONS, ROTATION, *EXTRA], ids=lambda spec: spec.name)
def test_every_function_has_a_size_in_every_stage_that_has_it(spec: Any, stage: Stage) -> None:
    assert spec.name in (WARM if spec in EXTRA else stage).sizes
