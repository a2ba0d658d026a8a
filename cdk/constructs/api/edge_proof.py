"""The word by which CloudFront proves that a request came through it, in a header that it writes over the caller's."""

import json

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.acknowledged import acknowledge

# As functions/core/http/asgi.py reads it; a test compares the two.
PROOF_HEADER = "x-palier-edge"
_LENGTH = 40


class EdgeProof(Construct):
    """The word of a number, and the word before it, which stays good until the next number.

    words: the one that CloudFront shows comes first. Each is a reference in the template: CloudFormation reads the
    word when it makes what compares it.
    """

    def __init__(self, scope: Construct, id_: str, *, number: int) -> None:
        super().__init__(scope, id_)
        self.words = [self._word(one) for one in (number, number - 1) if one >= 1]
        reason = "A stage's edge_word makes a new one: a rotation would change it in one of the places that compare it."
        acknowledge(self, {"AwsSolutions-SMG4": reason})

    @property
    def setting(self) -> str:
        """The words as a setting of a function: a list in JSON."""
        return json.dumps(self.words)

    def _word(self, number: int) -> str:
        secret = secretsmanager.Secret(
            self,
            f"Word{number}",
            description="What CloudFront shows with each request",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=_LENGTH, exclude_punctuation=True
            ),
        )
        return secret.secret_value.unsafe_unwrap()
