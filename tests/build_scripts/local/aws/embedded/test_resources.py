"""A deployment's resources, made in embedded services: once, with the deployed queue's rules; old ones are deleted."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from build_scripts.local.aws.embedded.access import REGION, client_arguments
from build_scripts.local.aws.embedded.resources import (
    MOST_RECEIVES,
    Resources,
    delete_objects,
    make_resources,
)
from build_scripts.local.aws.embedded.services import EmbeddedServices, Host
from functions.core.aws.dynamodb import EXPIRY_ATTRIBUTE
from functions.core.settings import Settings

BUCKET = "recordings"


def made() -> Resources:
    return make_resources(boto3.Session(region_name=REGION).client, REGION)


@mock_aws
def test_made_twice_it_is_made_once() -> None:
    first = made()
    assert made() == first
    sqs = boto3.client("sqs", region_name=REGION)
    assert len(sqs.list_queues()["QueueUrls"]) == 3
    assert len(boto3.client("dynamodb", region_name=REGION).list_tables()["TableNames"]) == 2


@mock_aws
def test_items_expire_as_the_deployed_ones() -> None:
    made()
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    for name in dynamodb.list_tables()["TableNames"]:
        found = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        assert found == {"TimeToLiveStatus": "ENABLED", "AttributeName": EXPIRY_ATTRIBUTE}


@mock_aws
def test_the_settings_are_those_of_the_functions() -> None:
    assert set(made().settings) <= set(Settings.__struct_fields__)


@mock_aws
def test_messages_that_fail_too_often_are_put_aside_as_the_functions_expect() -> None:
    settings = made().settings
    sqs = boto3.client("sqs", region_name=REGION)
    names = ["RedrivePolicy", "VisibilityTimeout"]
    found = sqs.get_queue_attributes(QueueUrl=settings["jobs_queue_url"], AttributeNames=names)["Attributes"]  # type: ignore[arg-type]
    policy = json.loads(found["RedrivePolicy"])
    assert policy["maxReceiveCount"] == MOST_RECEIVES == Settings().jobs_max_receives
    assert policy["deadLetterTargetArn"].endswith(settings["jobs_dead_letter_queue_url"].rpartition("/")[2])


def bucket_of(**arguments: Any) -> Any:
    s3: Any = boto3.client("s3", **arguments)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


@mock_aws
def test_an_empty_bucket_has_nothing_to_delete() -> None:
    assert delete_objects(bucket_of(region_name=REGION), BUCKET, datetime.now(UTC)) == 0


def test_age_outlives_a_restart(embedded_host: Host, tmp_path: Path) -> None:
    names = {f"results/{number}" for number in range(5)}
    with EmbeddedServices(embedded_host, tmp_path) as services:
        s3 = bucket_of(**client_arguments(services.access))
        for name in names:
            s3.put_object(Bucket=BUCKET, Key=name, Body=b"old")
    # Times of objects are whole seconds.
    time.sleep(1.1)
    border = datetime.now(UTC)
    with EmbeddedServices(embedded_host, tmp_path) as services:
        s3 = boto3.client("s3", **client_arguments(services.access))
        s3.put_object(Bucket=BUCKET, Key="results/new", Body=b"new")
        # Three pages, as of a bucket of thousands.
        s3.meta.events.register("provide-client-params.s3.ListObjectsV2", in_twos)  # type: ignore[arg-type]  # it may return them
        assert delete_objects(s3, BUCKET, border - timedelta(days=1)) == 0
        assert delete_objects(s3, BUCKET, border.replace(microsecond=0)) == len(names)
        assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["results/new"]


def in_twos(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return params | {"MaxKeys": 2}
