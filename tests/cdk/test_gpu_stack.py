"""The container on GPUs: instances, privileges and scaling; off by default."""

import json
import subprocess
from typing import Any

import pytest

from cdk.stages import STAGES, StageName
from functions.container.settings import ContainerSettings
from functions.core.settings import Settings, variable_of
from tests.cdk.stage_variants import GPU, WARM
from tests.cdk.templates import Assembly, Template

TASK = "AWS::ECS::TaskDefinition"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"


@pytest.fixture
def template(assembly: Assembly) -> Template:
    return assembly.template("warm", "gpu")


@pytest.fixture
def container(template: Template) -> dict[str, Any]:
    (container,) = template.only(TASK)["ContainerDefinitions"]
    return dict(container)


@pytest.mark.parametrize("name", list(STAGES))
def test_it_is_off_in_every_stage_that_ships(assembly: Assembly, name: StageName) -> None:
    assert STAGES[name].gpu is None
    assert list(assembly.folder.glob(f"palier-{name}-gpu*.template.json")) == []
    assert "AWS::EC2::InternetGateway" not in assembly.template(name, "network").types()


def test_instances_have_the_gpu_the_stage_asks_for(template: Template) -> None:
    data = template.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    assert data["InstanceType"] == "g5.xlarge"
    image = template.document["Parameters"][data["ImageId"]["Ref"]]
    assert image["Default"] == "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id"
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    (volume,) = data["BlockDeviceMappings"]
    assert volume["Ebs"]["Encrypted"] is True


def test_capacity_follows_the_tasks(template: Template) -> None:
    group = template.only("AWS::AutoScaling::AutoScalingGroup")
    assert (group["MinSize"], group["MaxSize"]) == ("0", str(2 * GPU.maximum))
    provider = template.only("AWS::ECS::CapacityProvider")["AutoScalingGroupProvider"]
    assert provider["ManagedScaling"] == {"Status": "ENABLED", "TargetCapacity": 100}
    assert (provider["ManagedTerminationProtection"], provider["ManagedDraining"]) == ("DISABLED", "ENABLED")
    # A protected instance would be billed on when the stack is removed.
    assert "NewInstancesProtectedFromScaleIn" not in group


def test_the_service_waits_for_its_capacity_provider(template: Template) -> None:
    (service,) = template.resources("AWS::ECS::Service")
    types = {template.document["Resources"][one]["Type"] for one in service["DependsOn"]}
    assert {"AWS::ECS::ClusterCapacityProviderAssociations", "AWS::ElasticLoadBalancingV2::ListenerRule"} <= types
    (strategy,) = service["Properties"]["CapacityProviderStrategy"]
    assert "LaunchType" not in service["Properties"]
    assert template.document["Resources"][strategy["CapacityProvider"]["Ref"]]["Type"] == "AWS::ECS::CapacityProvider"


def test_a_task_asks_for_one_gpu(container: dict[str, Any]) -> None:
    assert container["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]
    environment = {one["Name"]: one["Value"] for one in container["Environment"]}
    assert environment["PALIER_PROVIDER"] == "cuda"


def test_environment_names_are_settings(container: dict[str, Any]) -> None:
    known = {variable_of(name) for kind in (Settings, ContainerSettings) for name in kind.__struct_fields__}
    variables = {one["Name"] for one in container["Environment"]}
    assert variables <= known | {"ORT_DISABLE_TELEMETRY", "AWS_REGION"}
    assert set(WARM.environment()) <= variables


def test_a_task_has_hard_limits(template: Template, container: dict[str, Any]) -> None:
    task = template.only(TASK)
    assert (task["Cpu"], task["Memory"], container["Memory"]) == ("3584", "12288", 12288)
    assert task["NetworkMode"] == "awsvpc"
    assert container["StopTimeout"] == 30


def test_a_task_is_nobody_and_writes_nowhere_but_tmp(container: dict[str, Any]) -> None:
    assert container["User"] == "10001:10001"
    assert container["ReadonlyRootFilesystem"] is True
    assert container["Privileged"] is False
    assert container["DockerSecurityOptions"] == ["no-new-privileges"]
    linux = container["LinuxParameters"]
    assert linux["Capabilities"] == {"Drop": ["ALL"]}
    assert linux["Tmpfs"] == [{"ContainerPath": "/tmp", "Size": 1024, "MountOptions": ["rw", "nosuid", "nodev"]}]
    assert "MountPoints" not in container


def test_a_task_is_asked_for_its_health(template: Template, container: dict[str, Any]) -> None:
    check = container["HealthCheck"]
    assert check["Command"][:3] == ["CMD", "python", "-c"]
    assert "http://127.0.0.1:8080/health" in check["Command"][3]
    assert (check["StartPeriod"], check["Timeout"], check["Retries"]) == (300, 5, 3)
    target = template.only("AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (target["HealthCheckPath"], target["Matcher"], target["Port"]) == ("/health", {"HttpCode": "200"}, 8080)
    assert container["PortMappings"] == [{"ContainerPort": 8080, "Protocol": "tcp"}]


def test_the_image_is_named_by_its_digest(container: dict[str, Any]) -> None:
    text = "".join(part if isinstance(part, str) else "amazonaws.com" for part in container["Image"]["Fn::Join"][1])
    assert text == GPU.image


def test_a_task_reads_its_keys_and_nothing_else(template: Template) -> None:
    task = template.only(TASK)
    assert _actions(template, task["TaskRoleArn"]) == {"secretsmanager:GetSecretValue", "kms:Decrypt"}
    decrypt = next(one for one in template.statements() if one["Action"] == "kms:Decrypt")
    assert "kms:ViaService" in decrypt["Condition"]["StringEquals"]
    read = next(one for one in template.statements() if one["Action"] == "secretsmanager:GetSecretValue")
    assert read["Resource"]["Fn::Join"][1][-1] == ":secret:palier/prod/api-keys-??????"
    (variable,) = [
        one for one in task["ContainerDefinitions"][0]["Environment"] if one["Name"] == "PALIER_API_KEYS_SECRET"
    ]
    assert "Fn::ImportValue" in variable["Value"]


def test_only_this_repository_is_pulled_from(template: Template) -> None:
    pulled = next(one for one in template.statements() if "ecr:BatchGetImage" in one["Action"])
    assert pulled["Resource"]["Fn::Join"][1][-1] == ":ecr:eu-central-1:123456789012:repository/palier"
    execution = template.only(TASK)["ExecutionRoleArn"]
    assert {one.partition(":")[0] for one in _actions(template, execution)} == {"ecr", "logs"}


def test_an_instance_joins_its_cluster_and_sends_metrics_of_its_gpu(template: Template) -> None:
    profile = template.only("AWS::IAM::InstanceProfile")
    (role,) = profile["Roles"]
    assert _actions(template, {"Fn::GetAtt": [role["Ref"], "Arn"]}) == {
        "cloudwatch:PutMetricData",
        "ecs:DeregisterContainerInstance",
        "ecs:DiscoverPollEndpoint",
        "ecs:Poll",
        "ecs:RegisterContainerInstance",
        "ecs:StartTelemetrySession",
        "ecs:SubmitAttachmentStateChanges",
        "ecs:SubmitContainerStateChange",
        "ecs:SubmitTaskStateChange",
    }
    put = next(one for one in template.statements() if one["Action"] == "cloudwatch:PutMetricData")
    assert put["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Palier/Gpu"}}


def _actions(template: Template, arn: dict[str, Any]) -> set[str]:
    """The actions of every policy of a role that is named by its ARN."""
    name = arn["Fn::GetAtt"][0]
    policies = [one for one in template.all("AWS::IAM::Policy") if {"Ref": name} in one["Roles"]]
    actions = [statement["Action"] for one in policies for statement in one["PolicyDocument"]["Statement"]]
    return {name for one in actions for name in ([one] if isinstance(one, str) else one)}


def test_tasks_follow_requests_and_the_gpu_s_work(template: Template) -> None:
    target = template.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (GPU.minimum, GPU.maximum)
    policies = [one["TargetTrackingScalingPolicyConfiguration"] for one in template.all(POLICY)]
    assert len(policies) == 2
    (requests,) = [one for one in policies if "PredefinedMetricSpecification" in one]
    assert requests["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ALBRequestCountPerTarget"
    assert requests["TargetValue"] == GPU.requests_per_task
    (work,) = [one for one in policies if "CustomizedMetricSpecification" in one]
    metric = work["CustomizedMetricSpecification"]
    assert (metric["Namespace"], metric["MetricName"], metric["Statistic"]) == (
        "Palier/Gpu",
        "GpuUtilization",
        "Average",
    )
    assert metric["Dimensions"] == [{"Name": "Stage", "Value": "prod"}]
    assert work["TargetValue"] == GPU.utilization


def test_the_agent_measures_what_scaling_and_the_alarm_read(template: Template) -> None:
    agent = _agent(template)
    assert agent["metrics"]["namespace"] == "Palier/Gpu"
    assert agent["metrics"]["aggregation_dimensions"] == [["Stage"]]
    collected = agent["metrics"]["metrics_collected"]["nvidia_gpu"]
    assert collected["append_dimensions"] == {"Stage": "prod"}
    assert {one["name"]: one["rename"] for one in collected["measurement"]} == {
        "utilization_gpu": "GpuUtilization",
        "memory_used": "GpuMemoryUsed",
        "memory_total": "GpuMemoryTotal",
    }


def _script(template: Template) -> str:
    """What an instance runs first; the cluster's name stands as CLUSTER."""
    encoded = template.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["UserData"]["Fn::Base64"]
    return "".join(part if isinstance(part, str) else "CLUSTER" for part in encoded["Fn::Join"][1])


def _agent(template: Template) -> dict[str, Any]:
    """The configuration that an instance writes for its CloudWatch agent."""
    found: dict[str, Any] = json.loads(_script(template).partition("<<'END'\n")[2].partition("\nEND\n")[0])
    return found


def test_an_instance_s_first_script_is_one_of_bash(template: Template) -> None:
    done = subprocess.run(["bash", "-n"], input=_script(template), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_instances_keep_their_role_from_tasks(template: Template) -> None:
    lines = _script(template).splitlines()
    settings = [line.split()[1] for line in lines if line.endswith(">> /etc/ecs/ecs.config")]
    assert settings == [
        "ECS_ENABLE_GPU_SUPPORT=true",
        "ECS_AWSVPC_BLOCK_IMDS=true",
        "ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true",
        "ECS_CLUSTER=CLUSTER",
    ]


def test_a_full_memory_raises_an_alarm(assembly: Assembly) -> None:
    alarm = assembly.template("warm", "observability").named(
        "AWS::CloudWatch::Alarm", "AlarmName", "palier-prod-gpu-memory"
    )
    assert alarm["Threshold"] == 100 * WARM.thresholds.gpu_memory_share
    metrics = {one["Id"]: one for one in alarm["Metrics"]}
    (expression,) = [one["Expression"] for one in metrics.values() if "Expression" in one]
    assert expression == "100 * used / total"
    assert metrics["used"]["MetricStat"]["Metric"]["MetricName"] == "GpuMemoryUsed"
    assert metrics["total"]["MetricStat"]["Metric"]["MetricName"] == "GpuMemoryTotal"
    assert alarm["AlarmActions"]


def test_a_deployment_that_never_gets_well_is_taken_back(template: Template) -> None:
    service = template.only("AWS::ECS::Service")
    deployment = service["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)
    assert service["EnableExecuteCommand"] is False


def test_it_writes_a_log_that_forgets(template: Template, container: dict[str, Any]) -> None:
    log = template.only("AWS::Logs::LogGroup")
    assert (log["LogGroupName"], log["RetentionInDays"]) == ("/palier/prod/gpu", WARM.retention.log_days)
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
