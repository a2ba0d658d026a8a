"""The function that tests a new version before it gets traffic; its code is the file cdk/smoke/hook.py."""

from pathlib import Path
from typing import cast

from aws_cdk import CfnElement, Duration, Stack
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.policies import allow
from cdk.constructs.retention import log_group
from cdk.resource_names import resource_name
from cdk.stages import Stage

CODE = Path(__file__).resolve().parents[2] / "smoke" / "hook.py"
# A new version starts before it diagnoses.
_TIMEOUT = Duration.seconds(60)
_ACCEPTED = {"AwsSolutions-L1": "It is of the same Python as the functions that it asks."}


class SmokeTest(Construct):
    """The hook of all deployments of a stage; it may invoke versions of the functions that it guards."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, runtime: lambda_.Runtime) -> None:
        super().__init__(scope, id_)
        name = resource_name(stage.name, "smoke-test")
        log = log_group(self, "Log", name=f"/aws/lambda/{name}", retention=stage.retention)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        allow(self.role, ["logs:CreateLogStream", "logs:PutLogEvents"], [log.log_group_arn])
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"Palier {stage.name}: smoke test of new versions",
            handler="index.handler",
            runtime=runtime,
            code=lambda_.Code.from_inline(CODE.read_text()),
            memory_size=128,
            timeout=_TIMEOUT,
            role=self.role,
            log_group=log,
        )
        acknowledge(self, _ACCEPTED)

    def guard(self, group: codedeploy.LambdaDeploymentGroup, function: lambda_.Function) -> None:
        """Run the hook before a deployment group sends traffic to a version of a function; let it invoke versions."""
        group.add_pre_hook(self.function)
        # The CDK lets CodeDeploy call every version of a hook.
        name = Stack.of(self).get_logical_id(cast("CfnElement", self.function.node.default_child))
        acknowledge(
            group,
            {f"AwsSolutions-IAM5[Resource::<{name}.Arn>:*]": "CodeDeploy calls this hook, whichever its version."},
        )
        allow(self.role, ["codedeploy:GetDeployment"], [group.deployment_group_arn])
        # Every version: a policy that named the newest would change in each deployment, and the hook could run before.
        allow(self.role, ["lambda:InvokeFunction"], [f"{function.function_arn}:*"])
        asked = Stack.of(self).get_logical_id(cast("CfnElement", function.node.default_child))
        acknowledge(self.role, {f"AwsSolutions-IAM5[Resource::<{asked}.Arn>:*]": "Each deployment has a new version."})
