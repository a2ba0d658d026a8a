"""Priming of the jobs function before a snapshot of it is taken."""

from starlette.applications import Starlette

from functions.core.aws.clients import dynamodb_client, s3_client, secrets_client, sqs_client
from functions.core.lambda_host.snapshot import prime_app
from functions.core.settings import Settings

# A path that does not exist, so that the request reads no key, table or bucket.
_NOWHERE = "/jobs/prime/nothing"


def prime(app: Starlette, settings: Settings) -> None:
    """Answer a request, and make the clients of every AWS service that jobs use."""
    prime_app(app, settings, _NOWHERE, (secrets_client, dynamodb_client, s3_client, sqs_client))
