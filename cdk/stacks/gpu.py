"""The container on GPUs: only where a stage has one."""

from dataclasses import dataclass

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from cdk.constructs.gpu.gpu_balancer import GpuBalancer
from cdk.constructs.gpu.gpu_capacity import GpuCapacity
from cdk.constructs.gpu.gpu_service import GpuService
from cdk.constructs.gpu.gpu_task import GpuTask
from cdk.constructs.network.boundary import Boundary
from cdk.constructs.protection.web_acl import WebAcl
from cdk.constructs.secrets.key_store import KeyStore
from cdk.resource_names import balancer_name
from cdk.stage_parts import Domain, Gpu
from cdk.stages import Stage


@dataclass(frozen=True)
class Neighbours:
    """The resources of other stacks of the stage that this one uses."""

    boundary: Boundary
    keys: KeyStore
    web_acl: WebAcl


class GpuStack(Stack):
    """The container with the functions' API, on GPUs inside the boundary; it has no state."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        gpu: Gpu,
        domain: Domain,
        neighbours: Neighbours,
    ) -> None:
        super().__init__(scope, id_, description=f"Palier {stage.name}: container on GPUs")
        boundary, keys = neighbours.boundary, neighbours.keys
        self.capacity = GpuCapacity(self, "Capacity", stage=stage.name, gpu=gpu, boundary=boundary)
        self.task = GpuTask(self, "Task", stage=stage, gpu=gpu, environment=keys.environment)
        keys.grant_read(self.task.role)
        self.balancer = GpuBalancer(self, "Door", stage=stage, domain=domain, boundary=boundary)
        neighbours.web_acl.protect(self, "WebAcl", self.balancer.balancer.load_balancer_arn)
        self.service = GpuService(
            self, "Tasks", capacity=self.capacity, task=self.task, balancer=self.balancer, boundary=boundary
        )
        self.service.scale(stage.name, gpu)
        CfnOutput(self, "Url", value=f"https://{balancer_name(domain.name)}/", description="Where the GPUs answer")
