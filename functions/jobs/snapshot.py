"""What the jobs function does before a snapshot of it is taken."""

from starlette.applications import Starlette

from functions.core.aws.clients import dynamodb_client, s3_client, secrets_client, sqs_client
from functions.core.lambda_host.snapshot import prime_app
from functions.core.settings import Settings

# There is nothing at it, so that no key, table or bucket is asked for.
_NOWHERE = "/jobs/prime/nothing"


def prime(app: Starlette, settings: Settings) -> None:
    """Answer a request, and make the clients of all that jobs are kept in."""
    prime_app(app, settings, _NOWHERE, (secrets_client, dynamodb_client, s3_client, sqs_client))
