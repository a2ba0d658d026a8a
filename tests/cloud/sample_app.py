"""A small CDK app: the built bundle's inference behind a REST API, the secret of its API keys, and their rotation."""

from __future__ import annotations

import platform

from aws_cdk import App, ArnFormat, CfnOutput, CliCredentialsStackSynthesizer, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from tests.cloud.names import SECRET, STACK, STAGE
from tests.lambda_runtime.places import BUILD


class SampleStack(Stack):
    """Inference, its layers, its API and its keys, which a function rotates."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_, synthesizer=CliCredentialsStackSynthesizer())
        secret = secretsmanager.Secret(self, "Keys", secret_name=SECRET)
        layers = {name: _layer(self, name) for name in ("runtime", "models")}
        function = _function(self, "inference", secret, [layers["runtime"], layers["models"]])
        function.add_to_role_policy(_may(self, "GetSecretValue"))
        rotation = _function(self, "rotation", secret, [layers["runtime"]])
        rotation.add_to_role_policy(
            _may(self, "DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
        )
        api = apigateway.LambdaRestApi(
            self,
            "Api",
            handler=function,
            binary_media_types=["*/*"],
            deploy_options=apigateway.StageOptions(stage_name=STAGE),
        )
        CfnOutput(self, "ApiId", value=api.rest_api_id)


def _function(
    scope: Construct, name: str, secret: secretsmanager.Secret, layers: list[lambda_.LayerVersion]
) -> lambda_.Function:
    return lambda_.Function(
        scope,
        name.title(),
        function_name=f"{STACK}-{name}",
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=_architecture(),
        handler=f"functions.{name}.handler.handler",
        code=lambda_.Code.from_asset(str(BUILD / "functions.zip")),
        layers=layers,
        memory_size=1769,
        timeout=Duration.seconds(29),
        environment={
            "PALIER_STAGE": STAGE,
            "PALIER_MODELS_DIR": "/opt/models",
            "PALIER_API_KEYS_SECRET": secret.secret_arn,
            "PALIER_API_KEYS_CACHE_S": "0",
            "ORT_DISABLE_TELEMETRY": "1",
        },
    )


def _may(stack: Stack, *actions: str) -> iam.PolicyStatement:
    # By its name, for the emulator takes a reference to the secret for its name, where AWS takes it for its ARN.
    # Secrets Manager adds a hyphen and six characters to the name.
    secret = stack.format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{SECRET}-??????",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return iam.PolicyStatement(actions=[f"secretsmanager:{action}" for action in actions], resources=[secret])


def _architecture() -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64 if platform.machine() == "aarch64" else lambda_.Architecture.X86_64


def _layer(scope: Construct, name: str) -> lambda_.LayerVersion:
    archive = BUILD / "layers" / f"{name}-{_architecture().name}.zip"
    return lambda_.LayerVersion(scope, f"{name.title()}Layer", code=lambda_.Code.from_asset(str(archive)))


def main() -> None:
    """Synthesise into the folder that the CDK's command line names."""
    app = App()
    SampleStack(app, STACK)
    app.synth()


if __name__ == "__main__":
    main()
