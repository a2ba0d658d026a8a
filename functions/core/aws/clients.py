"""Clients of AWS services: one of each for a process, made at its first use, dropped after a snapshot is restored."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from functions.core.errors import DependencyUnavailableError

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

# A caller waits, or a message comes again: better a few short tries than a long one.
_CONNECT_TIMEOUT_S = 2
_READ_TIMEOUT_S = 10
_MOST_ATTEMPTS = 4
# Every request waits for its key, and a function answers within 28 s: 6 s at most, and a pause between the tries.
_KEY_TIMEOUTS_S = (1, 2)
_KEY_ATTEMPTS = 2
# More than the threads that fetch recordings, also where two workers share a process: else connections are thrown away.
_MOST_CONNECTIONS = 24


@lru_cache
def _session() -> "Session":
    # Late: boto3 comes with the Lambda runtime and costs more start-up time than everything else.
    # Not boto3's own session, which lives as long as the process, and with it the credentials that it found first.
    import boto3

    return boto3.Session()


@lru_cache
def _client(service: str) -> Any:
    # Late: as boto3.
    from botocore.config import Config

    keys = service == "secretsmanager"
    connect_s, read_s = _KEY_TIMEOUTS_S if keys else (_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S)
    config = Config(
        connect_timeout=connect_s,
        read_timeout=read_s,
        max_pool_connections=_MOST_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": _KEY_ATTEMPTS if keys else _MOST_ATTEMPTS},
        signature_version="s3v4" if service == "s3" else "v4",
        s3={"addressing_style": _bucket_addressing(), "us_east_1_regional_endpoint": "regional"},
    )
    return _session().client(service, config=config)  # type: ignore[call-overload]


def _bucket_addressing() -> Literal["path", "virtual"]:
    """Return how signed links name a bucket: in the host of its own region.

    Otherwise boto3 signs for the global endpoint, which redirects to the region of a new bucket (pages do not follow)
    and does not serve newer regions. An endpoint that is not AWS's has no host name for each bucket.

    Source: boto3, guide "Presigned URLs"; github.com/boto/boto3/issues/421
    """
    return "path" if {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} & os.environ.keys() else "virtual"


def dynamodb_client() -> "DynamoDBClient":
    """Return the process's client of DynamoDB."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def s3_client() -> "S3Client":
    """Return the process's client of S3."""
    client: S3Client = _client("s3")
    return client


def sqs_client() -> "SQSClient":
    """Return the process's client of SQS."""
    client: SQSClient = _client("sqs")
    return client


def events_client() -> "EventBridgeClient":
    """Return the process's client of EventBridge."""
    client: EventBridgeClient = _client("events")
    return client


def secrets_client() -> "SecretsManagerClient":
    """Return the process's client of Secrets Manager, which gives up sooner than the others."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def signature_validity_s(wanted_s: int, at_least_s: int) -> int:
    """Return for how many seconds a link that this process signs is valid: it ends with the credentials that sign it.

    Args:
        wanted_s: the validity that is wanted.
        at_least_s: the validity where the credentials end earlier; they are renewed when they have less left.
    """
    # Late: as boto3.
    from botocore.credentials import RefreshableCredentials

    found = _session().get_credentials()
    ends_before = isinstance(found, RefreshableCredentials) and found.refresh_needed(wanted_s)
    return at_least_s if ends_before else wanted_s


def forget_clients() -> None:
    """Drop every client: its connections and credentials belong to the process that the snapshot was taken of."""
    _client.cache_clear()
    _session.cache_clear()


@contextmanager
def reporting_unavailable(what: str) -> Iterator[None]:
    """Turn every failure of a call to AWS into DependencyUnavailableError.

    Args:
        what: what cannot be reached then, as the message names it: `The table of jobs`.
    """
    # Late: as boto3.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise DependencyUnavailableError(f"{what} is not available.") from error


def error_code(error: BaseException) -> str:
    """Return the code that AWS gave a ClientError, or an empty text for another error."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
