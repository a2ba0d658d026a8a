"""The store of API keys: a secret that is created empty, and the rotation that removes expired keys."""

from typing import cast

from aws_cdk import ArnFormat, CfnResource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.constructs.lambda_functions.function import Deployment, Function
from cdk.constructs.lambda_functions.grants import ENCRYPTED_READ_WRITE
from cdk.constructs.policies import allow, through_service
from cdk.constructs.retention import removal_policy
from cdk.functions import ROTATION
from cdk.resource_names import key_secret_name


class KeyStore(Construct):
    """The secret of the API keys, and the function that Secrets Manager calls to expire them."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, deployment: Deployment) -> None:
        super().__init__(scope, id_)
        stage = deployment.stage
        self._key = key
        name = key_secret_name(stage.name)
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
            environment=self.environment,
        )
        self._grant_rotation(stage.key_rotation_days)

    @property
    def environment(self) -> dict[str, str]:
        """The setting by which a function or a task finds the keys."""
        return {"PALIER_API_KEYS_SECRET": self.secret.secret_arn}

    def grant_read(self, role: iam.Role) -> None:
        """Let the role of a function or of a task read the keys' hashes."""
        allow(role, ["secretsmanager:GetSecretValue"], [self._arn])
        allow(role, ["kms:Decrypt"], [self._key.key_arn], through_service(self, "secretsmanager"))

    def _grant_rotation(self, days: int) -> None:
        allow(
            self.rotation.role,
            [
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecretVersionStage",
            ],
            [self._arn],
        )
        through = through_service(self, "secretsmanager")
        allow(self.rotation.role, ENCRYPTED_READ_WRITE, [self._key.key_arn], through)
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


def _leave_empty(secret: secretsmanager.Secret) -> None:
    # Unless this is deleted, the CDK asks for a random password; the first key is made by `palier keys create`.
    resource = cast("CfnResource", secret.node.default_child)
    resource.add_property_deletion_override("GenerateSecretString")
