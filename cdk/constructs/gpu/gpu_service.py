"""The service that runs the container's tasks: on instances with a GPU, behind the balancer, scaled with the load."""

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from cdk.constructs.gpu.gpu_balancer import GpuBalancer
from cdk.constructs.gpu.gpu_capacity import GpuCapacity
from cdk.constructs.gpu.gpu_metrics import gpu_utilization
from cdk.constructs.gpu.gpu_task import CONTAINER, PORT, START_PERIOD, GpuTask
from cdk.constructs.network.boundary import Boundary, closed_group
from cdk.gpu_instances import TASKS_WHILE_DEPLOYING
from cdk.stage_parts import Gpu

# An instance takes minutes to start: tasks are added soon and removed late.
_SCALE_OUT = Duration.minutes(1)
_SCALE_IN = Duration.minutes(10)


class GpuService(Construct):
    """The service. Only the balancer reaches its tasks, and they reach nothing but AWS's endpoints in the VPC."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        capacity: GpuCapacity,
        task: GpuTask,
        balancer: GpuBalancer,
        boundary: Boundary,
    ) -> None:
        super().__init__(scope, id_)
        self.group = closed_group(self, "Group", vpc=boundary.vpc, description="Tasks with a GPU")
        self.group.add_egress_rule(boundary.endpoints, ec2.Port.tcp(443), "AWS, through endpoints")
        self.service = ecs.Ec2Service(
            self,
            "Service",
            cluster=capacity.cluster,
            task_definition=task.definition,
            capacity_provider_strategies=[
                ecs.CapacityProviderStrategy(capacity_provider=capacity.provider.capacity_provider_name, weight=1)
            ],
            security_groups=[self.group],
            vpc_subnets=boundary.inside,
            # The new tasks serve before the old ones end; where they never do, the old ones come back.
            min_healthy_percent=100,
            max_healthy_percent=100 * TASKS_WHILE_DEPLOYING,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            health_check_grace_period=START_PERIOD,
            enable_execute_command=False,
        )
        # The cluster must have its capacity provider before the service is made, and until the service is deleted.
        self.service.node.add_dependency(capacity.cluster)
        self._balancer = balancer
        balancer.target_group.add_target(
            self.service.load_balancer_target(container_name=CONTAINER, container_port=PORT)
        )

    def scale(self, stage: str, gpu: Gpu) -> None:
        """Scale the number of tasks by requests and by the GPUs' utilization, whichever needs more."""
        count = self.service.auto_scale_task_count(min_capacity=gpu.minimum, max_capacity=gpu.maximum)
        count.scale_on_request_count(
            "Requests",
            requests_per_target=gpu.requests_per_task,
            target_group=self._balancer.target_group,
            scale_in_cooldown=_SCALE_IN,
            scale_out_cooldown=_SCALE_OUT,
        )
        count.scale_to_track_custom_metric(
            "Utilization",
            metric=gpu_utilization(stage),
            target_value=gpu.utilization,
            scale_in_cooldown=_SCALE_IN,
            scale_out_cooldown=_SCALE_OUT,
        )
