"""Attacks of another page or another user of this machine on the running services, and what still works."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from build_scripts.local.aws.embedded.access import REGION, Access, client_arguments
from build_scripts.local.aws.embedded.services import EmbeddedServices
from tests.build_scripts.local.aws.embedded.conftest import PAGE
from tests.support.waiting import SECONDS

BUCKET = "recordings"
EVIL = "http://evil.example"
FUNCTION = {
    "FunctionName": "attack",
    "Runtime": "python3.13",
    "Role": "arn:aws:iam::123456789012:role/any",
    "Handler": "index.handler",
    "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
}
SIMPLE = {"content-type": "text/plain"}


def client(access: Access, service: Any) -> Any:
    return boto3.client(service, config=Config(signature_version="s3v4"), **client_arguments(access))


@pytest.fixture(scope="module")
def bucket(embedded: EmbeddedServices) -> Any:
    s3: Any = boto3.client("s3", config=Config(s3={"addressing_style": "path"}), **client_arguments(embedded.access))
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"content")
    return s3


@pytest.mark.parametrize(
    "headers", [{"origin": EVIL}, {"host": "evil.example"}, {"host": "evil.example", "origin": EVIL}, {}]
)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/2015-03-31/functions", FUNCTION),
        ("/2015-03-31/functions/attack/invocations", {}),
        ("/_ministack/reset", {}),
        ("/?Action=CreateQueue&QueueName=attack", {}),
    ],
)
def test_pages_and_users_without_a_signature_are_refused(
    embedded: EmbeddedServices, headers: dict[str, str], path: str, body: dict[str, Any]
) -> None:
    answer = httpx.post(embedded.url + path, content=json.dumps(body), headers=SIMPLE | headers, timeout=SECONDS)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert client(embedded.access, "sqs").list_queues(QueueNamePrefix="attack").get("QueueUrls", []) == []


@pytest.mark.parametrize(
    "other",
    [lambda mine: replace(mine, secret=Access.new(1).secret), lambda mine: replace(Access.new(1), url=mine.url)],
)
def test_signatures_of_another_run_are_refused(
    embedded: EmbeddedServices, other: Callable[[Access], Access], bucket: Any
) -> None:
    access = other(embedded.access)
    for ask in (
        client(access, "s3").list_buckets,
        client(access, "dynamodb").list_tables,
        client(access, "sqs").list_queues,
        client(access, "secretsmanager").list_secrets,
    ):
        with pytest.raises(ClientError) as refused:
            ask()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert bucket.list_objects_v2(Bucket=BUCKET)["KeyCount"] >= 1


@pytest.mark.parametrize("service", ["lambda", "ecs", "stepfunctions"])
def test_services_that_run_code_are_not_there_for_anybody(embedded: EmbeddedServices, service: str) -> None:
    asked: dict[str, Callable[[Any], Any]] = {
        "lambda": lambda made: made.create_function(**FUNCTION | {"Code": {"ZipFile": b"PK"}}),
        "ecs": lambda made: made.list_clusters(),
        "stepfunctions": lambda made: made.list_state_machines(),
    }
    with pytest.raises(ClientError) as refused:
        asked[service](client(embedded.access, service))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_link_is_read_by_the_page_and_by_no_other(embedded: EmbeddedServices, bucket: Any) -> None:
    url = bucket.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"})
    answer = httpx.get(url, timeout=SECONDS)
    assert (answer.status_code, answer.content) == (200, b"content")
    assert "access-control-allow-origin" not in answer.headers
    answer = httpx.get(url, headers={"origin": PAGE}, timeout=SECONDS)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PAGE)
    assert httpx.get(url, headers={"origin": EVIL}, timeout=SECONDS).status_code == 403
    assert httpx.get(url.replace("/a?", "/b?"), timeout=SECONDS).status_code == 403
    target = {"x-amz-target": "DynamoDB_20120810.ListTables"}
    assert httpx.get(url, headers=target, timeout=SECONDS).content == b"content"


def test_a_form_uploads_what_it_was_signed_for_and_nothing_else(embedded: EmbeddedServices, bucket: Any) -> None:
    conditions: list[Any] = [["content-length-range", 1, 100_000]]
    form = bucket.generate_presigned_post(BUCKET, "uploads/x", {}, conditions, 60)

    def post(fields: dict[str, str], content: bytes = b"x" * 90_000, origin: str = PAGE) -> httpx.Response:
        headers = {"origin": origin}
        return httpx.post(form["url"], data=fields, files={"file": content}, headers=headers, timeout=SECONDS)

    answer = post(form["fields"])
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, PAGE)
    assert len(bucket.get_object(Bucket=BUCKET, Key="uploads/x")["Body"].read()) == 90_000
    assert post(form["fields"], origin=EVIL).status_code == 403
    assert post(form["fields"] | {"key": "uploads/y"}).status_code == 403
    assert post(form["fields"] | {"policy": form["fields"]["policy"][:-4] + "AAAA"}).status_code == 403
    assert post({"key": "uploads/y"}).status_code == 403
    large = post(form["fields"], b"x" * 200_000)
    assert (large.status_code, "<Code>EntityTooLarge</Code>" in large.text) == (400, True)
    assert large.headers["access-control-allow-origin"] == PAGE
    assert bucket.list_objects_v2(Bucket=BUCKET, Prefix="uploads/")["KeyCount"] == 1
