import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.core.aws.clients import (
    dynamodb_client,
    error_code,
    events_client,
    forget_clients,
    reporting_unavailable,
    s3_client,
    signature_validity_s,
    sqs_client,
)
from functions.core.errors import DependencyUnavailableError
from functions.core.jobs.files import JobFiles
from tests.support.aws import in_memory_aws
from tests.support.waiting import SECONDS

CLIENTS = (dynamodb_client, s3_client, sqs_client, events_client)


def test_importing_it_loads_no_boto3() -> None:
    code = "import sys, functions.core.aws.clients; print('boto3' in sys.modules, 'botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=SECONDS)
    assert done.stdout.split() == ["False", "False"]


def test_a_process_has_one_client_of_each() -> None:
    with in_memory_aws(own_clients=True):
        assert len({id(make()) for make in CLIENTS * 2}) == 4


def test_forgotten_clients_are_made_anew() -> None:
    with in_memory_aws(own_clients=True):
        before = dynamodb_client()
        forget_clients()
        assert dynamodb_client() is not before


def key_id() -> str:
    client: Any = dynamodb_client()
    return str(client._request_signer._credentials.access_key)


def test_forgotten_clients_take_their_credentials_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a snapshot's process are not those of the process that it becomes."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    for expected in ("first", "second"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", expected)
        forget_clients()
        assert key_id() == expected
    forget_clients()


def test_a_client_gives_up_soon() -> None:
    with in_memory_aws(own_clients=True):
        config: Any = dynamodb_client().meta.config
        assert (config.connect_timeout, config.read_timeout) == (2, 10)
        assert config.retries["total_max_attempts"] == 4


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        (None, "https://recordings.s3.eu-central-1.amazonaws.com/"),
        ("http://localhost:4566", "http://localhost:4566/recordings"),
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566/recordings"),
    ],
)
def test_signed_links_name_the_bucket_where_it_lies(
    endpoint: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The global endpoint of S3 redirects to a new bucket, and a page's upload does not follow."""
    with in_memory_aws(own_clients=True):
        if endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        form, link = (
            JobFiles("recordings").offer_upload("a", "audio/wav", 1),
            JobFiles("recordings").offer_download("a", "a.csv"),
        )
    assert form.url == address
    assert link.startswith(f"{address.rstrip('/')}/a?")


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "GetItem"),
        EndpointConnectionError(endpoint_url="http://nowhere"),
    ],
)
def test_what_aws_refuses_is_a_dependency_that_is_not_there(error: Exception) -> None:
    with (
        pytest.raises(DependencyUnavailableError, match=r"^The table is not available\.$") as caught,
        reporting_unavailable("The table"),
    ):
        raise error
    assert caught.value.__cause__ is error


def test_a_defect_stays_a_defect() -> None:
    with pytest.raises(KeyError), reporting_unavailable("The table"):
        raise KeyError("x")


def test_a_code_is_read_where_there_is_one() -> None:
    assert error_code(ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")) == "NoSuchKey"
    assert error_code(ValueError()) == ""


def credentials_that_end(in_s: float) -> RefreshableCredentials:
    def renew() -> dict[str, str]:
        ends = datetime.now(UTC) + timedelta(seconds=in_s)
        return {"access_key": "a", "secret_key": "b", "token": "c", "expiry_time": ends.isoformat()}

    made: RefreshableCredentials = RefreshableCredentials.create_from_metadata(renew(), renew, "test")
    return made


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (credentials_that_end(7200), 3600),
        (credentials_that_end(1800), 900),
        # Those of a function without snapshots do not tell when they end.
        (Credentials("a", "b", "c"), 3600),
        (None, 3600),
    ],
    ids=["long", "short", "unknown", "none"],
)
def test_what_is_signed_ends_before_the_credentials(
    found: object, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3.Session, "get_credentials", lambda _: found)
    forget_clients()
    assert signature_validity_s(3600, 900) == expected
