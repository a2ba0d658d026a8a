"""What is old is deleted from the embedded bucket, and nothing else."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from build_scripts.local.aws.embedded.expiry import delete_objects
from build_scripts.local.aws.embedded.services import REGION, EmbeddedServices, Host, client_arguments

BUCKET = "recordings"


def bucket_of(**arguments: Any) -> Any:
    s3: Any = boto3.client("s3", **arguments)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


@mock_aws
def test_an_empty_bucket_has_nothing_to_delete() -> None:
    assert delete_objects(bucket_of(region_name=REGION), BUCKET, datetime.now(UTC)) == 0


def test_age_outlives_a_restart(embedded_host: Host, tmp_path: Path) -> None:
    names = {f"results/{number}" for number in range(1100)}
    with EmbeddedServices(embedded_host, tmp_path) as services:
        s3 = bucket_of(**client_arguments(services.url))
        for name in names:
            s3.put_object(Bucket=BUCKET, Key=name, Body=b"old")
    # Times of objects are whole seconds.
    time.sleep(1.1)
    border = datetime.now(UTC)
    with EmbeddedServices(embedded_host, tmp_path) as services:
        s3 = boto3.client("s3", **client_arguments(services.url))
        s3.put_object(Bucket=BUCKET, Key="results/new", Body=b"new")
        assert delete_objects(s3, BUCKET, border - timedelta(minutes=5)) == 0
        assert delete_objects(s3, BUCKET, border.replace(microsecond=0)) == len(names)
        assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["results/new"]
