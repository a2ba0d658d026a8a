"""Requests are signed as IAM checks them: the signature is computed here once more, by hand."""

import hashlib
import hmac
import re
from pathlib import Path

import httpx
import pytest
from botocore.credentials import Credentials

from build_scripts.palier_cli.aws import AwsError
from build_scripts.palier_cli.signing import Signature, signature

SECRET = "not-a-secret"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def by_hand(request: httpx.Request, region: str, service: str) -> str:
    """Signature Version 4 of a request that signs its host and date."""
    moment = request.headers["x-amz-date"]
    query = request.url.query.decode()
    head = f"host:{request.url.host}\nx-amz-date:{moment}\n"
    body = hashlib.sha256(request.content).hexdigest()
    asked = "\n".join((request.method, request.url.path, query, head, "host;x-amz-date", body))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(asked.encode()).hexdigest()))
    key = f"AWS4{SECRET}".encode()
    for part in (moment[:8], region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()


@pytest.mark.parametrize(("method", "body"), [("POST", b"\x00\x01"), ("GET", b"")])
def test_method_address_and_body_are_signed(method: str, body: bytes) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    auth = Signature(Credentials("AKID", SECRET), "execute-api", "eu-central-1")
    with httpx.Client(transport=httpx.MockTransport(answer), auth=auth) as client:
        client.request(method, "https://a.plant.internal/predict", params={"asset_id": "pump 7"}, content=body)
    (request,) = seen
    assert request.url.query == b"asset_id=pump%207"
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=host;x-amz-date, Signature=(\w+)",
        request.headers["authorization"],
    )
    assert found is not None
    assert found[2] == by_hand(request, "eu-central-1", "execute-api")


@pytest.mark.parametrize(
    ("url", "service", "region"),
    [
        ("https://a1b2.execute-api.eu-west-1.amazonaws.com/dev/", "execute-api", "eu-west-1"),
        ("https://a1b2.lambda-url.us-east-2.on.aws/", "lambda", "us-east-2"),
        ("https://vibration.plant.internal/", "execute-api", "eu-central-1"),
    ],
)
def test_service_and_region_are_those_of_the_name(
    environment: pytest.MonkeyPatch, url: str, service: str, region: str
) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", "AKID")
    environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    environment.setenv("AWS_REGION", "eu-central-1")
    signed = signature(url)
    assert (signed.service, signed.region) == (service, region)


def test_without_credentials_or_region_the_sentence_says_what_to_set(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsError, match="There are no AWS credentials: set AWS_PROFILE"):
        signature("https://vibration.plant.internal/")
    environment.setenv("AWS_ACCESS_KEY_ID", "AKID")
    environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with pytest.raises(AwsError, match="There is no AWS region: set AWS_REGION"):
        signature("https://vibration.plant.internal/")
