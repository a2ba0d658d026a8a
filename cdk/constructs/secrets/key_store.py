"""The store of API keys: a secret that is empty at birth and whose expired keys go by rotation."""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from aws_cdk import ArnFormat, CfnResource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.constructs.lambda_functions.function import Deployment, Function
from cdk.constructs.retention import removal_policy
from cdk.functions import ROTATION

# The setting that tells a function where the keys are.
VARIABLE = "PALIER_API_KEYS_SECRET"


class Reader(Protocol):
    """Whatever has a role of its own: a function, a task."""

    def allow(
        self, actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
    ) -> None:
        """Let it do so much more, and nothing else."""


class KeyStore(Construct):
    """The secret, and the function that Secrets Manager calls to expire what is in it."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, deployment: Deployment) -> None:
        super().__init__(scope, id_)
        stage = deployment.stage
        self._key = key
        name = f"palier/{stage.name}/api-keys"
        # By its name, to which Secrets Manager adds six characters: policies must not wait for the secret.
        self._arn = Stack.of(self).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{name}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=name,
            description=f"Palier {stage.name}: hashes of API keys; made by palier keys, expired by rotation",
            encryption_key=key,
            removal_policy=removal_policy(stage.retention),
        )
        _leave_empty(self.secret)
        self.rotation = Function(
            self,
            "Rotation",
            spec=ROTATION,
            deployment=deployment,
            environment={VARIABLE: self.secret.secret_arn},
        )
        self._let_rotate(stage.key_rotation_days)

    def let_read(self, reader: Reader) -> None:
        """Let a function or a task read the keys' hashes."""
        reader.allow(["secretsmanager:GetSecretValue"], [self._arn])
        reader.allow(["kms:Decrypt"], [self._key.key_arn], self._through_secrets_manager())

    def _let_rotate(self, days: int) -> None:
        self.rotation.allow(
            [
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecretVersionStage",
            ],
            [self._arn],
        )
        self.rotation.allow(
            ["kms:Decrypt", "kms:GenerateDataKey"], [self._key.key_arn], self._through_secrets_manager()
        )
        self.rotation.function.add_permission(
            "SecretsManager",
            principal=iam.ServicePrincipal("secretsmanager.amazonaws.com"),
            source_account=Stack.of(self).account,
        )
        schedule = secretsmanager.CfnRotationSchedule(
            self,
            "Schedule",
            secret_id=self.secret.secret_arn,
            rotation_lambda_arn=self.rotation.function.function_arn,
            # At the first deployment there is nothing to rotate.
            rotate_immediately_on_update=False,
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(automatically_after_days=days),
        )
        # Secrets Manager tries to call the function while it makes the schedule.
        schedule.node.add_dependency(self.rotation.role, self.rotation.function.node.find_child("SecretsManager"))

    def _through_secrets_manager(self) -> dict[str, object]:
        service = f"secretsmanager.{Stack.of(self).region}.amazonaws.com"
        return {"StringEquals": {"kms:ViaService": service}}


def _leave_empty(secret: secretsmanager.Secret) -> None:
    # Without a word CDK has a random password made; the first key is made by `palier keys create`.
    resource = cast("CfnResource", secret.node.default_child)
    resource.add_property_deletion_override("GenerateSecretString")
