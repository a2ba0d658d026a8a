"""The container as a task: one GPU, hard limits, only /tmp writable, an unprivileged user."""

from collections.abc import Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.retention import log_group
from cdk.gpu_instances import IMAGE, INSTANCES
from cdk.resource_names import log_name, resource_name
from cdk.stage_parts import Gpu
from cdk.stages import Stage

PORT = 8080
HEALTH_PATH = "/health"
CONTAINER = "palier"
# The user of Dockerfile.gpu, by its numbers, which need no name in the image.
USER = "10001:10001"
# Loading, warming up every batch size, with TensorRT also building engines.
START_PERIOD = Duration.minutes(5)
# Longer than the container takes to finish its requests (PALIER_SHUTDOWN_S, 25).
_STOP_TIMEOUT = Duration.seconds(30)
_TMP_MB = 1_024
# Any status but 2xx raises, and Python exits with 1.
_CHECK = f"import urllib.request as request; request.urlopen('http://127.0.0.1:{PORT}{HEALTH_PATH}', timeout=4)"


class GpuTask(Construct):
    """The task's definition, its role and its log."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, gpu: Gpu, environment: Mapping[str, str]) -> None:
        super().__init__(scope, id_)
        instance = INSTANCES[gpu.instance_type]
        self.log_group = log_group(self, "Log", name=log_name(stage.name, "gpu"), retention=stage.retention)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        self.definition = ecs.TaskDefinition(
            self,
            "Definition",
            family=resource_name(stage.name, "gpu"),
            compatibility=ecs.Compatibility.EC2,
            network_mode=ecs.NetworkMode.AWS_VPC,
            cpu=str(instance.task_cpu_units),
            memory_mib=str(instance.task_memory_mb),
            task_role=self.role,
        )
        self._add_container(gpu, self._environment(stage) | dict(environment))
        self._acknowledge()

    def _environment(self, stage: Stage) -> dict[str, str]:
        # With the provider named, a missing GPU is an error at start instead of a slow service.
        return stage.environment() | {"PALIER_PROVIDER": "cuda", "AWS_REGION": Stack.of(self).region}

    def _add_container(self, gpu: Gpu, environment: Mapping[str, str]) -> None:
        self.definition.add_container(
            CONTAINER,
            container_name=CONTAINER,
            image=self._image(gpu),
            gpu_count=1,
            memory_limit_mib=INSTANCES[gpu.instance_type].task_memory_mb,
            environment=dict(environment),
            user=USER,
            privileged=False,
            readonly_root_filesystem=True,
            docker_security_options=["no-new-privileges"],
            linux_parameters=self._linux(),
            port_mappings=[ecs.PortMapping(container_port=PORT)],
            health_check=ecs.HealthCheck(
                command=["CMD", "python", "-c", _CHECK],
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                retries=3,
                start_period=START_PERIOD,
            ),
            stop_timeout=_STOP_TIMEOUT,
            logging=ecs.LogDrivers.aws_logs(stream_prefix=CONTAINER, log_group=self.log_group),
        )

    def _image(self, gpu: Gpu) -> ecs.ContainerImage:
        named = IMAGE.fullmatch(gpu.image)
        if named is None:
            raise ValueError(f"{gpu.image!r} is no image of Amazon ECR by its digest.")
        arn = (
            f"arn:{Stack.of(self).partition}:ecr:{named['region']}:{named['account']}:repository/{named['repository']}"
        )
        repository = ecr.Repository.from_repository_attributes(
            self, "Repository", repository_arn=arn, repository_name=named["repository"]
        )
        return ecs.ContainerImage.from_ecr_repository(repository, named["digest"])

    def _linux(self) -> ecs.LinuxParameters:
        linux = ecs.LinuxParameters(self, "Linux", init_process_enabled=True)
        linux.drop_capabilities(ecs.Capability.ALL)
        options = [ecs.TmpfsMountOption.RW, ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV]
        linux.add_tmpfs(ecs.Tmpfs(container_path="/tmp", size=_TMP_MB, mount_options=options))  # noqa: S108 - a mount
        return linux

    def _acknowledge(self) -> None:
        acknowledge(
            self.definition,
            {
                "AwsSolutions-ECS2": "Settings, no secrets: the keys are named by their ARN and read at start.",
                "AwsSolutions-IAM5[Resource::*]": "A registry's token has no resource; the repository is named.",
            },
        )
