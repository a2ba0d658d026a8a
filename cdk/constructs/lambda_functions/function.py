"""One Lambda function: code and layers of the bundle, a role and a log of its own, versions behind an alias."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.bundle import Bundle
from cdk.constructs.lambda_functions.layers import ARCHITECTURES, runtime_of
from cdk.constructs.retention import log_group
from cdk.functions import FunctionSpec
from cdk.resource_names import ALIAS, resource_name
from cdk.stage_parts import ProvisionedConcurrency
from cdk.stages import Stage

# The folder into which the models layer is unpacked.
MODELS_DIR = "/opt/models"

_ACCEPTED = {
    "Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish": "The alias publishes a version each time.",
    "AwsSolutions-L1": "The layer's wheels and bytecode are of the Python that bundle.json names; it moves with them.",
}


@dataclass(frozen=True)
class Deployment:
    """The parts that the functions of one stage share."""

    stage: Stage
    bundle: Bundle
    layers: Mapping[str, lambda_.ILayerVersion]


def function_name(stage: Stage, name: str) -> str:
    """Return the name that a function of a stage has on AWS."""
    return resource_name(stage.name, name)


class Function(Construct):
    """One function of one stage, with the fewest rights: to write its own log and send its own traces."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        spec: FunctionSpec,
        deployment: Deployment,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id_)
        stage, size = deployment.stage, deployment.stage.sizes[spec.name]
        name = function_name(stage, spec.name)
        deployment.bundle.require(spec.handler)
        self.spec = spec
        self.log_group = log_group(self, "Log", name=f"/aws/lambda/{name}", retention=stage.retention)
        self.role = self._role(name, self.log_group)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"Palier {stage.name}: {spec.name}",
            handler=spec.handler,
            runtime=runtime_of(deployment.bundle),
            architecture=ARCHITECTURES[stage.architecture],
            code=lambda_.Code.from_asset(str(deployment.bundle.functions)),
            layers=self._layers(deployment),
            environment=self._environment(stage) | dict(environment or {}),
            memory_size=size.memory_mb,
            timeout=Duration.seconds(size.timeout_s),
            reserved_concurrent_executions=size.reserved_concurrency,
            role=self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE,
            # The version before stays, for make rollback; that of a failed deployment is deleted with it.
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE),
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if stage.snap_start and spec.routes else None,
            # The worker sends a job's message again until the job is over, some twenty times in six hours. Lambda takes
            # a function that its own messages invoke more than about 16 times for a loop, and ends it unless told.
            # Source: docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
            recursive_loop=lambda_.RecursiveLoop.ALLOW if spec.consumes else None,
        )
        acknowledge(self.function, _ACCEPTED)

    def publish(self) -> lambda_.Alias:
        """Return the alias that callers use; it points at the version that this deployment publishes."""
        return lambda_.Alias(self, "Alias", alias_name=ALIAS, version=self.function.current_version)

    def _layers(self, deployment: Deployment) -> list[lambda_.ILayerVersion]:
        names = ("runtime", "models") if self.spec.models else ("runtime",)
        return [deployment.layers[name] for name in names]

    def _environment(self, stage: Stage) -> dict[str, str]:
        return stage.environment() | ({"PALIER_MODELS_DIR": MODELS_DIR} if self.spec.models else {})

    def _role(self, name: str, log: logs.LogGroup) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[log.log_group_arn],
            )
        )
        acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": f"X-Ray has no resources that {name} could name."})
        return role


def scale_provisioned_concurrency(alias: lambda_.Alias, provisioned: ProvisionedConcurrency) -> None:
    """Keep instances of an alias initialized, as many as its load needs."""
    scaling = alias.add_auto_scaling(min_capacity=provisioned.minimum, max_capacity=provisioned.maximum)
    scaling.scale_on_utilization(utilization_target=provisioned.utilization)
