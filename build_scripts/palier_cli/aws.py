"""AWS's errors as sentences a person can act on."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from functions.core.errors import PalierError

_CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in with `aws sso login`."
_REFUSED = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException")
_EXPIRED = ("ExpiredTokenException", "ExpiredToken", "RequestExpired")
_THROTTLED = ("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded")


# The CDK deploys to the first, boto3 reads the second alone: both must mean the same region.
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


class AwsError(PalierError):
    """AWS refused, or does not answer."""

    code = "aws_error"


@contextmanager
def aws_errors(sentences: Mapping[str, str]) -> Iterator[None]:
    """Turn boto3's errors within a block into AwsError.

    Args:
        sentences: by error codes of AWS that mean something particular here.

    Raises:
        AwsError: AWS refused, or does not answer.
    """
    # Late: botocore is large, and only commands that ask AWS need it.
    from botocore import exceptions as boto

    try:
        yield
    except boto.ClientError as error:
        raise AwsError(_sentence(error.response.get("Error", {}), error.operation_name, sentences)) from None
    except (boto.NoCredentialsError, boto.PartialCredentialsError):
        raise AwsError(f"There are no AWS credentials: {_CREDENTIALS}") from None
    except boto.ProfileNotFound as error:
        raise AwsError(f"There is no AWS profile {error.kwargs['profile']!r}: {_CREDENTIALS}") from None
    except boto.NoRegionError:
        raise AwsError("There is no AWS region: set AWS_REGION, or a region in the AWS profile.") from None
    except (boto.ConnectionError, boto.HTTPClientError) as error:
        raise AwsError(f"AWS does not answer ({type(error).__name__}): check network and region.") from None
    except boto.BotoCoreError as error:
        raise AwsError(f"AWS cannot be asked ({type(error).__name__}): check profile and region.") from None


def aws_session() -> Any:
    """Return a boto3 session of the region to which the CDK deploys with the same environment and profile."""
    # Late: boto3 costs more start-up time than everything else.
    import boto3

    return boto3.Session(region_name=next((os.environ[name] for name in _REGIONS if os.environ.get(name)), None))


def _sentence(error: Mapping[str, object], operation: str, sentences: Mapping[str, str]) -> str:
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    if code in sentences:
        return sentences[code]
    if code in _REFUSED:
        return f"AWS rejects these credentials: {_CREDENTIALS}"
    if code in _EXPIRED:
        return f"The AWS credentials have expired: {_CREDENTIALS}"
    if code in _THROTTLED:
        return f"AWS throttles {operation}, after several tries too: try again in a minute."
    if code in ("AccessDeniedException", "AccessDenied"):
        return f"These AWS credentials do not allow {operation}: {message}"
    return f"AWS refused {operation}: {code}: {message}"
