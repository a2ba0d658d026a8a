"""The cluster's instances with a GPU: of one type, as many as the tasks need."""

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.gpu.gpu_metrics import NAMESPACE, agent_configuration
from cdk.constructs.network.boundary import Boundary
from cdk.gpu_instances import TASKS_WHILE_DEPLOYING
from cdk.resource_names import resource_name
from cdk.stage_parts import Gpu

# The image with CUDA's libraries unpacks to about 8 GB, and during a deployment there are two.
_VOLUME_GIB = 60
_AGENT_CONFIGURATION = "/etc/palier-cloudwatch-agent.json"
_AGENT_CONTROL = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"

_MEMBERSHIP = [
    "ecs:DeregisterContainerInstance",
    "ecs:RegisterContainerInstance",
    "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
]
_ACCEPTED = {
    "AwsSolutions-AS3": "The service's tasks are what is watched; instances come and go with them.",
    "AwsSolutions-IAM5[Resource::*]": "What agents report or request has no ARN; conditions name cluster and metrics.",
}


class GpuCapacity(Construct):
    """A cluster, and the group of instances that ECS makes larger and smaller for its tasks."""

    def __init__(self, scope: Construct, id_: str, *, stage: str, gpu: Gpu, boundary: Boundary) -> None:
        super().__init__(scope, id_)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=resource_name(stage),
            vpc=boundary.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self.role = self._role()
        self.group = self._group(stage, gpu, boundary)
        # An instance that starts before its role is complete gives up joining the cluster.
        self.group.node.add_dependency(self.role)
        self.provider = ecs.AsgCapacityProvider(
            self,
            "Provider",
            auto_scaling_group=self.group,
            enable_managed_scaling=True,
            # An instance ends only after its tasks have. It has no protection beside that: a protected instance would
            # outlive the stack, and be billed on.
            # Source: docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html
            enable_managed_termination_protection=False,
            enable_managed_draining=True,
        )
        self.cluster.add_asg_capacity_provider(self.provider)
        acknowledge(self, _ACCEPTED)

    def _role(self) -> iam.Role:
        """Return the role of an instance: it may join this cluster, and send metrics of its GPU."""
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        here = {"ArnEquals": {"ecs:cluster": self.cluster.cluster_arn}}
        metrics = {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}
        for actions, resource, conditions in (
            (_MEMBERSHIP, self.cluster.cluster_arn, None),
            (["ecs:Poll", "ecs:StartTelemetrySession"], "*", here),
            (["ecs:DiscoverPollEndpoint"], "*", None),
            (["cloudwatch:PutMetricData"], "*", metrics),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions))
        return role

    def _group(self, stage: str, gpu: Gpu, boundary: Boundary) -> autoscaling.AutoScalingGroup:
        return autoscaling.AutoScalingGroup(
            self,
            "Group",
            vpc=boundary.vpc,
            vpc_subnets=boundary.inside,
            launch_template=self._template(stage, gpu, boundary),
            min_capacity=0,
            max_capacity=TASKS_WHILE_DEPLOYING * gpu.maximum,
        )

    def _template(self, stage: str, gpu: Gpu, boundary: Boundary) -> ec2.LaunchTemplate:
        volume = ec2.BlockDeviceVolume.ebs(_VOLUME_GIB, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3)
        return ec2.LaunchTemplate(
            self,
            "Template",
            instance_type=ec2.InstanceType(gpu.instance_type),
            machine_image=ecs.EcsOptimizedImage.amazon_linux2023(ecs.AmiHardwareType.GPU),
            security_group=boundary.workload,
            # The CDK would let it pull every image and write every log: the task's execution role does that.
            role=self.role.without_policy_updates(),
            user_data=_user_data(stage),
            block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=volume)],
            http_tokens=ec2.LaunchTemplateHttpTokens.REQUIRED,
            http_put_response_hop_limit=1,
        )


def _user_data(stage: str) -> ec2.UserData:
    """Return an instance's commands at its start: tasks get no role but their own, and metrics of the GPU are sent."""
    data = ec2.UserData.for_linux()
    data.add_commands(
        "echo ECS_ENABLE_GPU_SUPPORT=true >> /etc/ecs/ecs.config",
        "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config",
        "echo ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true >> /etc/ecs/ecs.config",
        # Amazon Linux keeps its packages on S3, to which there is a way.
        "dnf install --assumeyes amazon-cloudwatch-agent",
        f"cat > {_AGENT_CONFIGURATION} <<'END'\n{agent_configuration(stage)}\nEND",
        f"{_AGENT_CONTROL} -a fetch-config -m ec2 -s -c file:{_AGENT_CONFIGURATION}",
    )
    return data
