"""The tables, bucket, queues and bus of jobs and histories, as a deployment makes them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from functions.core.assets import history_table
from functions.core.aws.dynamodb import EXPIRY_ATTRIBUTE, TableKeys
from functions.core.jobs import table as job_table

# As the deployed queue: a message that came so often is put aside.
MOST_RECEIVES = 3
# Longer than any part takes; a part whose worker died comes again after it.
VISIBILITY_S = 120

MakeClient = Callable[..., Any]

_MADE_BEFORE = frozenset({"ResourceInUseException", "BucketAlreadyOwnedByYou", "ResourceAlreadyExistsException"})


JOBS, HISTORY, BUCKET, QUEUE, DEAD_LETTERS, ALERTS, BUS = (
    "palier-jobs",
    "palier-history",
    "palier-recordings",
    "palier-jobs",
    "palier-jobs-dead-letters",
    "palier-alerts",
    "palier",
)


@dataclass(frozen=True)
class Resources:
    """The settings that name the resources; alerts_url is that of the queue that receives every event of the bus."""

    settings: dict[str, str]
    alerts_url: str


def make_resources(make_client: MakeClient, region: str) -> Resources:
    """Make what is not there yet.

    Args:
        make_client: returns a client of boto3 for a service's name.
        region: where the bucket is made.
    """
    for name, keys in ((JOBS, job_table.KEYS), (HISTORY, history_table.KEYS)):
        _make_table(make_client("dynamodb"), name, keys)
    _make_bucket(make_client("s3"), region)
    sqs, events = make_client("sqs"), make_client("events")
    dead_letters_url = _make_queue(sqs, DEAD_LETTERS, {})
    redrive = {"deadLetterTargetArn": _arn(sqs, dead_letters_url), "maxReceiveCount": MOST_RECEIVES}
    attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": str(VISIBILITY_S)}
    settings = {
        "jobs_table": JOBS,
        "jobs_bucket": BUCKET,
        "jobs_queue_url": _make_queue(sqs, QUEUE, attributes),
        "jobs_dead_letter_queue_url": dead_letters_url,
        "history_table": HISTORY,
        "event_bus": BUS,
    }
    return Resources(settings, _make_bus(sqs, events))


def delete_objects(s3: Any, bucket: str, before: datetime) -> int:
    """Delete what was last modified before an instant; returns how many objects.

    The emulator keeps the rule of a bucket's lifecycle and deletes nothing.

    Args:
        s3: client of boto3.
        bucket: its name.
        before: with a time zone.
    """
    deleted = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        old = [{"Key": one["Key"]} for one in page.get("Contents", ()) if one["LastModified"] < before]
        if old:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": old, "Quiet": True})
        deleted += len(old)
    return deleted


def _make_table(client: Any, name: str, keys: TableKeys) -> None:
    indexes = [
        {"IndexName": index, "KeySchema": _key_schema(indexed), "Projection": {"ProjectionType": "ALL"}}
        for index, indexed in keys.indexes.items()
    ]
    attributes = (*keys.keys, *(key for indexed in keys.indexes.values() for key in indexed))
    _unless_made(
        client.create_table,
        TableName=name,
        KeySchema=_key_schema(keys.keys),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in attributes],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    )
    # Switching on what is on is an error.
    found = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if found["TimeToLiveStatus"] == "DISABLED":
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": EXPIRY_ATTRIBUTE}
        )


def _key_schema(keys: Sequence[str]) -> list[dict[str, str]]:
    return [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]


def _make_bucket(client: Any, region: str) -> None:
    _unless_made(client.create_bucket, Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})


def _make_queue(client: Any, name: str, attributes: dict[str, str]) -> str:
    url: str = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def _make_bus(sqs: Any, events: Any) -> str:
    _unless_made(events.create_event_bus, Name=BUS)
    url = _make_queue(sqs, ALERTS, {})
    events.put_rule(Name=ALERTS, EventBusName=BUS, EventPattern=json.dumps({"source": ["palier"]}))
    events.put_targets(Rule=ALERTS, EventBusName=BUS, Targets=[{"Id": "queue", "Arn": _arn(sqs, url)}])
    return url


def _arn(sqs: Any, url: str) -> str:
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn


def _unless_made(make: Callable[..., Any], **arguments: Any) -> None:
    try:
        make(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MADE_BEFORE:
            raise
