"""The network of a stage's VPC, in which only the GPU container runs."""

from aws_cdk import Stack
from constructs import Construct

from cdk.constructs.network.boundary import Boundary
from cdk.stages import Stage


class NetworkStack(Stack):
    """The boundary; it costs nothing while nothing runs inside."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_, description=f"Palier {stage.name}: network boundary")
        self.boundary = Boundary(self, "Boundary", stage=stage)
