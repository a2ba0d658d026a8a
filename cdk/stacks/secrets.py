"""The API keys of a stage."""

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.bundle import Bundle
from cdk.constructs.lambda_functions.function import Deployment
from cdk.constructs.lambda_functions.layers import layer
from cdk.constructs.secrets.key_store import KeyStore
from cdk.stages import Stage


class SecretsStack(Stack):
    """The store of API keys, and its rotation."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, bundle: Bundle, key: kms.IKey) -> None:
        super().__init__(scope, id_, description=f"Palier {stage.name}: API keys and their rotation")
        runtime = layer(self, "Runtime", kind="runtime", bundle=bundle, architecture=stage.architecture)
        self.keys = KeyStore(self, "Keys", key=key, deployment=Deployment(stage, bundle, {"runtime": runtime}))
