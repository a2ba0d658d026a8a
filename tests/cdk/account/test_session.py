"""The region is the CDK's, and a refusal by AWS becomes a sentence."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from build_scripts.palier_cli.aws import aws_session as palier_session
from cdk.account.session import AccountError, asking_aws, aws_session, region

REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({}, None),
    ],
)
def test_the_region_is_read_as_the_cdk_reads_it(
    environment: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert region(environment) == expected
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert palier_session().region_name == expected
    if expected:
        assert aws_session().region_name == expected


def test_a_profile_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "absent")
    with pytest.raises(AccountError, match="There is no AWS profile 'absent': set AWS_PROFILE to one that"):
        aws_session()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (REFUSED, "AWS refused DescribeStacks (AccessDenied): no"),
        (NoCredentialsError(), "There are no AWS credentials: set AWS_PROFILE, or log in with `aws sso login`."),
        (
            EndpointConnectionError(endpoint_url="https://x"),
            "AWS cannot be asked (EndpointConnectionError): check network and region.",
        ),
    ],
)
def test_what_aws_refuses_is_a_sentence(error: Exception, sentence: str) -> None:
    with pytest.raises(AccountError) as caught, asking_aws():
        raise error
    assert str(caught.value) == sentence
