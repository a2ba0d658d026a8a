"""Sessions of boto3 in the region that the CDK deploys to, and AWS's refusals as sentences."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

# The CDK's command line reads the first before the second; boto3 reads the second alone.
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


class AccountError(Exception):
    """A request to AWS that is refused, not answered, or about something missing; the message states what to do."""


def region(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the region that the environment names, None where only a profile can name it."""
    return next((environment[name] for name in REGION_VARIABLES if environment.get(name)), None)


def aws_session() -> Any:
    """Return a boto3 session.

    Raises:
        AccountError: neither the environment nor the profile names a region, or there is no such profile.
    """
    # Late: only commands that call AWS need it.
    import boto3
    from botocore.exceptions import ProfileNotFound

    try:
        session = boto3.Session(region_name=region())
    except ProfileNotFound as error:
        raise AccountError(
            f"There is no AWS profile {error.kwargs['profile']!r}: set AWS_PROFILE to one that "
            "`aws configure list-profiles` shows."
        ) from None
    if session.region_name is None:
        raise AccountError(f"There is no AWS region: set {REGION_VARIABLES[0]}, or a region in the AWS profile.")
    return session


@contextmanager
def asking_aws() -> Iterator[None]:
    """Turn boto3's errors within a block into AccountError."""
    # Late: as boto3.
    from botocore import exceptions as boto

    try:
        yield
    except (boto.NoCredentialsError, boto.PartialCredentialsError):
        raise AccountError("There are no AWS credentials: set AWS_PROFILE, or log in with `aws sso login`.") from None
    except boto.ClientError as error:
        found = error.response.get("Error", {})
        raise AccountError(
            f"AWS refused {error.operation_name} ({found.get('Code')}): {found.get('Message')}"
        ) from None
    except (boto.BotoCoreError, boto.HTTPClientError) as error:
        raise AccountError(f"AWS cannot be asked ({type(error).__name__}): check network and region.") from None
