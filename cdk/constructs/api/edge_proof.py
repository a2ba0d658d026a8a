"""The secret by which CloudFront proves that a request came through it, in a header written over the caller's."""

import json

from aws_cdk import SecretValue
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.resource_names import edge_secret_name
from cdk.stages import Stage

# As functions/core/http/asgi.py reads it; a test compares the two.
PROOF_HEADER = "x-palier-edge"
_LENGTH = 40


class EdgeProof(Construct):
    """The secret of a number, and the secret before it, which stays good until the next number.

    secrets: the one that CloudFront shows comes first. Each is a reference in the template: CloudFormation reads the
    secret when it makes what compares it.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self.secrets = [self._secret(stage, number) for number in _numbers(stage)]
        reason = (
            "A stage's edge_secret makes a new one: a rotation would change it in one of the places that compare it."
        )
        acknowledge(self, {"AwsSolutions-SMG4": reason})

    @property
    def setting(self) -> str:
        """The secrets as a setting of a function: a list in JSON."""
        return json.dumps(self.secrets)

    def _secret(self, stage: Stage, number: int) -> str:
        secret = secretsmanager.Secret(
            self,
            f"Secret{number}",
            secret_name=edge_secret_name(stage.name, number),
            description="What CloudFront shows with each request",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=_LENGTH, exclude_punctuation=True
            ),
        )
        return secret.secret_value.unsafe_unwrap()


def secrets_by_name(stage: Stage) -> list[str]:
    """Return the secrets for another stack, which is deployed after that with the secrets.

    By the secrets' names: what another stack imports could not be deleted, and the secret before the last one is.
    """
    return [
        SecretValue.secrets_manager(edge_secret_name(stage.name, number)).unsafe_unwrap() for number in _numbers(stage)
    ]


def _numbers(stage: Stage) -> list[int]:
    return [number for number in (stage.edge_secret, stage.edge_secret - 1) if number >= 1]
