"""What a deployment makes, made in embedded services: once, with the deployed queue's rules."""

import json

import boto3
from moto import mock_aws

from build_scripts.local.aws.embedded.resources import MOST_RECEIVES, Resources, make_resources
from functions.core.aws.dynamodb import EXPIRY_ATTRIBUTE
from functions.core.settings import Settings

REGION = "eu-central-1"


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
