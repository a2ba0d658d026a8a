"""Functions: settings from the stage, files from the bundle, least privileges, versions behind an alias."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cdk.constructs.api.smoke_test import CODE
from cdk.functions import FUNCTIONS, ROTATION
from cdk.stages import Stage
from tests.cdk.stage_variants import WARM
from tests.cdk.templates import Assembly, Template

PARTS = ("api", "secrets")
# Characters of code in a template. Source: AWS CloudFormation template reference, AWS::Lambda::Function Code, ZipFile
LONGEST_INLINE = 4096


@pytest.fixture
def template(assembly: Assembly, stage: Stage) -> Template:
    return assembly.template(stage.name, "api")


@pytest.fixture
def warm(assembly: Assembly) -> Template:
    return assembly.template("warm", "api")


def function(template: Template, name: str) -> dict[str, Any]:
    (found,) = [one for one in template.all("AWS::Lambda::Function") if one["FunctionName"].endswith(f"-{name}")]
    return found


def ours(template: Template) -> list[dict[str, Any]]:
    """The functions of the bundle; beside them stands the smoke test of deployments."""
    return [one for one in template.all("AWS::Lambda::Function") if not one["FunctionName"].endswith("-smoke-test")]


@pytest.mark.parametrize("name", [spec.name for spec in FUNCTIONS])
def test_sizes_are_the_stage_s(template: Template, stage: Stage, name: str) -> None:
    made, size = function(template, name), stage.sizes[name]
    assert made["MemorySize"] == size.memory_mb
    assert made["Timeout"] == size.timeout_s
    assert made["ReservedConcurrentExecutions"] == size.reserved_concurrency
    assert made["Architectures"] == [stage.architecture]
    assert made["Runtime"] == "python3.13"
    assert made["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("part", PARTS)
def test_functions_that_callers_reach_know_where_keys_are(assembly: Assembly, stage: Stage, part: str) -> None:
    for one in ours(assembly.template(stage.name, part)):
        variables = set(one["Environment"]["Variables"])
        # The page asks for no key: it sends the user's own with its calls. Nobody calls the worker.
        keyless = one["FunctionName"].endswith(("-dashboard", "-worker"))
        assert ("PALIER_API_KEYS_SECRET" in variables) == (not keyless)


@pytest.mark.parametrize("name", ["inference", "worker"])
def test_models_are_read_from_their_layer(template: Template, name: str) -> None:
    inference = function(template, name)
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
    keys = {one["Code"]["S3Key"] for one in ours(template)} | {
        one["Content"]["S3Key"] for one in template.all("AWS::Lambda::LayerVersion")
    }
    found = {hashlib.sha256((assembly.folder / f"asset.{key}").read_bytes()).hexdigest() for key in keys}
    assert found == expected


@pytest.mark.parametrize("name", ["prod", "snap"])
def test_snap_start_where_the_stage_says_so(assembly: Assembly, name: str) -> None:
    template = assembly.template(name, "api")
    expected = {"ApplyOn": "PublishedVersions"} if name == "snap" else None
    answering = [function(template, spec.name).get("SnapStart") for spec in FUNCTIONS if spec.routes]
    assert answering == [expected] * len(answering)
    # Nobody waits for the worker, and each snapshot costs by the month.
    assert "SnapStart" not in function(template, "worker")
    assert template.all("AWS::ApplicationAutoScaling::ScalableTarget") == []


def test_provisioned_concurrency_follows_the_load(warm: Template) -> None:
    target = warm.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert "-inference" in json.dumps(target["ResourceId"]) or "Inference" in json.dumps(target["ResourceId"])
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 20)
    policy = warm.only("AWS::ApplicationAutoScaling::ScalingPolicy")["TargetTrackingScalingPolicyConfiguration"]
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
        # make rollback goes back to it; a deployment that fails takes its own away.
        assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_canary_shifts_and_rolls_back_on_alarms(template: Template, stage: Stage) -> None:
    aliases = template.resources("AWS::Lambda::Alias")
    groups = template.all("AWS::CodeDeploy::DeploymentGroup")
    if stage.shift == "all_at_once":
        assert all("UpdatePolicy" not in alias for alias in aliases)
        assert groups == []
        return
    assert len(groups) == len([spec for spec in FUNCTIONS if spec.routes])
    minutes = re.findall(r"\d+", stage.shift)[1]
    for group in groups:
        assert group["DeploymentConfigName"] == f"CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes"
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert len(group["AlarmConfiguration"]["Alarms"]) == 2
    # A part that the new worker fails comes again; a tenth of the messages would not tell sooner.
    shifted = [alias for alias in aliases if "CodeDeployLambdaAliasUpdate" in alias.get("UpdatePolicy", {})]
    assert len(shifted) == len(groups) == len(aliases) - 1


def test_a_new_version_is_asked_before_it_gets_traffic(template: Template, stage: Stage) -> None:
    asking = [one for one in template.all("AWS::Lambda::Function") if one not in ours(template)]
    if stage.shift == "all_at_once":
        assert asking == []
        return
    (smoke,) = asking
    assert smoke["Code"]["ZipFile"] == CODE.read_text()
    assert len(smoke["Code"]["ZipFile"]) < LONGEST_INLINE
    assert smoke["Runtime"] == "python3.13"
    hooks = [
        one["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["BeforeAllowTrafficHook"]["Ref"]
        for one in template.resources("AWS::Lambda::Alias")
        if "UpdatePolicy" in one
    ]
    assert len(hooks) == len([spec for spec in FUNCTIONS if spec.routes])
    assert {template.document["Resources"][name]["Properties"]["FunctionName"] for name in hooks} == {
        f"palier-{stage.name}-smoke-test"
    }


def test_the_smoke_test_asks_versions_and_nothing_else(assembly: Assembly) -> None:
    statements = policy_of(assembly.template("prod", "api"), "smoke-test")
    assert {action for one in statements for action in listed(one["Action"])} == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "codedeploy:GetDeployment",
        "codedeploy:PutLifecycleEventHookExecutionStatus",
        "lambda:InvokeFunction",
    }
    (asked,) = [one["Resource"] for one in statements if one["Action"] == "lambda:InvokeFunction"]
    # Of any version: a policy that named the newest would change at the moment at which the hook runs.
    assert [one["Fn::Join"][1][1] for one in asked] == [":*"] * len([spec for spec in FUNCTIONS if spec.routes])
    others = [one["Resource"] for one in statements if one["Action"] != "lambda:InvokeFunction"]
    assert "*" not in json.dumps(others)


def test_a_function_that_sends_its_own_messages_again_is_no_loop(template: Template) -> None:
    """Lambda would end a job's messages after about 16 of them, four hours after the job was made."""
    looping = {one["FunctionName"].rpartition("-")[2]: one.get("RecursiveLoop") for one in ours(template)}
    assert looping == {spec.name: "Allow" if spec.consumes else None for spec in FUNCTIONS}


def test_rollback_alarms_watch_one_function_each(assembly: Assembly) -> None:
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
            if spec.routes
        ),
        *(
            (
                "Palier",
                "ServerErrors",
                f"[{{'Name': 'Function', 'Value': '{spec.name}'}}, {{'Name': 'Stage', 'Value': 'prod'}}]",
            )
            for spec in FUNCTIONS
            if spec.routes
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
    functions = ours(warm)
    roles = {one["Role"]["Fn::GetAtt"][0] for one in functions}
    assert len(functions) == len(roles) == len(FUNCTIONS)
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
    assert set(wild) == {
        ("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
        ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
        # CodeDeploy, of its hook.
        "lambda:InvokeFunction",
    }


OWN = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
KEYS = {"secretsmanager:GetSecretValue", "kms:Decrypt"}
ENCRYPTED = {"kms:Decrypt", "kms:GenerateDataKey"}
READ = {"dynamodb:GetItem", "dynamodb:Query"}
HISTORY = READ | {"dynamodb:PutItem", "dynamodb:UpdateItem", "events:PutEvents"}
JOBS = {
    *READ,
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "sqs:SendMessage",
}
COUNT = {"sqs:GetQueueAttributes"}
CONSUME = {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage", *COUNT}
ALLOWED = {
    "inference": OWN | KEYS | ENCRYPTED | HISTORY,
    "dashboard": OWN,
    "jobs": OWN | KEYS | ENCRYPTED | JOBS | COUNT,
    "worker": OWN | ENCRYPTED | JOBS | HISTORY | CONSUME,
}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def policy_of(template: Template, name: str) -> list[dict[str, Any]]:
    role = function(template, name)["Role"]["Fn::GetAtt"][0]
    (policy,) = [one for one in template.all("AWS::IAM::Policy") if one["Roles"] == [{"Ref": role}]]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def resources_of(template: Template, name: str, action: str) -> str:
    """What an action of a function is about, as the templates name it."""
    found = [one["Resource"] for one in policy_of(template, name) if action in listed(one["Action"])]
    return json.dumps(found)


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_may_do_what_it_needs_and_nothing_else(template: Template, name: str) -> None:
    statements = policy_of(template, name)
    assert {action for one in statements for action in listed(one["Action"])} == ALLOWED[name]
    assert {one["Effect"] for one in statements} == {"Allow"}


def test_keys_are_used_through_the_service_that_they_encrypt_for(template: Template) -> None:
    for name in ("inference", "jobs", "worker"):
        for one in policy_of(template, name):
            if any(action.startswith("kms:") for action in listed(one["Action"])):
                assert "kms:ViaService" in one["Condition"]["StringEquals"]


def test_one_entry_grants_what_it_says(template: Template) -> None:
    assert "History" in resources_of(template, "inference", "dynamodb:PutItem")
    assert "Jobs" not in resources_of(template, "inference", "dynamodb:PutItem")
    assert "History" not in resources_of(template, "jobs", "dynamodb:PutItem")
    assert "History" in resources_of(template, "jobs", "dynamodb:Query")
    assert "/index/by_owner" in resources_of(template, "jobs", "dynamodb:Query")
    assert "DeadLetters" in resources_of(template, "jobs", "sqs:GetQueueAttributes")
    assert "DeadLetters" not in resources_of(template, "jobs", "sqs:SendMessage")
    assert "DeadLetters" not in resources_of(template, "worker", "sqs:ReceiveMessage")
    assert "/*" not in resources_of(template, "jobs", "s3:ListBucket")
    assert "/*" in resources_of(template, "jobs", "s3:GetObject")


HISTORY_VARIABLES = {"PALIER_HISTORY_TABLE", "PALIER_EVENT_BUS"}
JOBS_VARIABLES = {"PALIER_JOBS_TABLE", "PALIER_JOBS_BUCKET", "PALIER_JOBS_QUEUE_URL"}


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("inference", HISTORY_VARIABLES),
        ("jobs", {*JOBS_VARIABLES, "PALIER_JOBS_DEAD_LETTER_QUEUE_URL", "PALIER_HISTORY_TABLE"}),
        ("worker", JOBS_VARIABLES | HISTORY_VARIABLES),
        ("dashboard", set()),
    ],
)
def test_one_entry_names_its_resources_to_the_function(template: Template, name: str, variables: set[str]) -> None:
    data = {*JOBS_VARIABLES, *HISTORY_VARIABLES, "PALIER_JOBS_DEAD_LETTER_QUEUE_URL"}
    assert set(function(template, name)["Environment"]["Variables"]) & data == variables


def test_the_page_knows_the_bucket_and_the_metrics(assembly: Assembly, template: Template, stage: Stage) -> None:
    variables = function(template, "dashboard")["Environment"]["Variables"]
    parts = variables["PALIER_DASHBOARD_CONNECT_SOURCES"]["Fn::Join"][1]
    assert [part for part in parts if isinstance(part, str)] == ['["https://', ".s3.", ".", '"]']
    assert [next(iter(part)) for part in parts if isinstance(part, dict)] == ["Fn::ImportValue", "Ref", "Ref"]
    metrics = variables["PALIER_DASHBOARD_METRICS_URL"]["Fn::Join"][1]
    shown = assembly.template(stage.name, "observability").only("AWS::CloudWatch::Dashboard")["DashboardName"]
    assert metrics[-1] == f"#dashboards:name={shown}"


def test_the_queue_drives_the_worker_and_takes_back_single_messages(template: Template, stage: Stage) -> None:
    mapping = template.only("AWS::Lambda::EventSourceMapping")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": stage.sizes["worker"].reserved_concurrency}
    assert mapping["BatchSize"] == 1


@pytest.mark.parametrize("spec", [*FUNCTIONS, ROTATION], ids=lambda spec: spec.name)
def test_every_function_has_a_size_in_every_stage_that_has_it(spec: Any, stage: Stage) -> None:
    assert spec.name in stage.sizes
