"""Requests that are signed with AWS's credentials, for endpoints that IAM protects."""

import re
from collections.abc import Generator
from typing import Any

import httpx

from build_scripts.palier_cli.aws import aws_errors, aws_session

# Names that AWS gives: of an API (execute-api) and of a function (lambda-url), each with its region.
_API = re.compile(r"[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_FUNCTION = re.compile(r"[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws")


class Signature(httpx.Auth):
    """Signs each request of a client; a request that is sent again is signed again.

    Source: AWS Identity and Access Management user guide, "Create a signed AWS API request" (Signature Version 4).
    """

    requires_request_body = True

    def __init__(self, credentials: Any, service: str, region: str) -> None:
        # Late: botocore is large, and only endpoints that ask for signatures need it.
        from botocore.auth import SigV4Auth

        self.service, self.region = service, region
        self._signer = SigV4Auth(credentials, service, region)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the signature of method, address and body."""
        from botocore.awsrequest import AWSRequest

        # The signed text has no plus for a space, so the sent one may have none.
        request.url = request.url.copy_with(query=request.url.query.replace(b"+", b"%20") or None)
        signed = AWSRequest(request.method, str(request.url), data=request.content)
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request


def signature(url: str) -> Signature:
    """Return the signature of requests to an endpoint, by the credentials and, for a domain, the region set here.

    Raises:
        AwsError: there are no credentials, or no region.
    """
    from botocore.exceptions import NoCredentialsError, NoRegionError

    host = httpx.URL(url).host
    named = _API.fullmatch(host) or _FUNCTION.fullmatch(host)
    with aws_errors({}):
        session = aws_session()
        credentials = session.get_credentials()
        region = named[1] if named else session.region_name
        if credentials is None:
            raise NoCredentialsError
        if region is None:
            raise NoRegionError
    return Signature(credentials, "lambda" if _FUNCTION.fullmatch(host) else "execute-api", region)
