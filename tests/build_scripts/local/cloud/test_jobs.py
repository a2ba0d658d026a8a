"""Jobs and assets as they are deployed: queue, worker, dead letters, alerts, and what the roles let through."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from build_scripts.local.cloud.app import WORKER_TIMEOUT_S
from build_scripts.local.cloud.job import DeployedJobs, JobOutcome
from build_scripts.local.lambda_sandbox.events import read_example
from cdk.stages import STAGES as SHIPPED
from tests.build_scripts.local.cloud.conftest import Cloud, role_clients
from tests.support.waiting import until


@pytest.fixture(scope="session")
def outcome(deployed: Cloud) -> JobOutcome:
    """A job of a good, a corrupt and a poisonous recording in dev, run once."""
    deployed.deploy_as_shipped()
    return DeployedJobs(deployed.deployment.access, deployed.deployment.api("dev"), "dev", deployed.keys["dev"]).run()


def variables(cloud: Cloud, name: str, stage: str = "dev") -> dict[str, str]:
    """Environment variables of a deployed function."""
    function = cloud.client("lambda").get_function_configuration(FunctionName=f"palier-{stage}-{name}")
    told: dict[str, str] = function["Environment"]["Variables"]
    return told


def test_a_job_with_a_poisonous_recording_ends_with_the_others_done(outcome: JobOutcome) -> None:
    job = outcome.job
    assert (job["state"], job["total"], job["done"], job["failed"]) == ("partially_failed", 3, 1, 2)
    assert (job["progress"], job["source"], job["reason"]) == (1.0, "uploads", None)


def test_every_recording_has_the_result_it_deserves(outcome: JobOutcome) -> None:
    good, corrupt, poison = outcome.results
    assert [one["index"] for one in outcome.results] == [0, 1, 2]
    assert (good["name"], good["state"], good["diagnosis"]["class_id"]) == ("good.wav", "succeeded", "clearance")
    assert (corrupt["name"], corrupt["error"]["code"]) == ("corrupt.wav", "malformed_body")
    assert (poison["name"], poison["error"]["code"]) == ("poison.csv", "recording_lost")


def test_the_worker_keeps_the_history_of_what_it_diagnosed(cloud: Cloud, outcome: JobOutcome) -> None:
    history = cloud.read("dev", "/assets/press-4/history")["history"]
    assert [one["class_id"] for one in history] == ["clearance"]
    assert outcome.job["done"] == 1


def test_the_poison_alone_lies_in_the_dead_letter_queue(outcome: JobOutcome) -> None:
    (message,) = outcome.dead
    assert (message["type"], message["job_id"]) == ("part", outcome.job["job_id"])
    assert [one["name"] for one in message["recordings"]] == ["poison.csv"]


def test_the_queue_is_as_it_was_declared(cloud: Cloud) -> None:
    told, sqs = variables(cloud, "jobs"), cloud.client("sqs")
    queue = sqs.get_queue_attributes(QueueUrl=told["PALIER_JOBS_QUEUE_URL"], AttributeNames=["All"])["Attributes"]
    dead = told["PALIER_JOBS_DEAD_LETTER_QUEUE_URL"]
    target = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.loads(queue["RedrivePolicy"])
    assert (redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])) == (target, 3)
    assert int(queue["VisibilityTimeout"]) == 6 * WORKER_TIMEOUT_S
    (source,) = cloud.client("lambda").list_event_source_mappings(FunctionName="palier-dev-worker")[
        "EventSourceMappings"
    ]
    assert (source["EventSourceArn"], source["BatchSize"]) == (queue["QueueArn"], 1)
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": SHIPPED["dev"].sizes["worker"].reserved_concurrency}


def test_a_key_sees_its_own_jobs_and_how_much_is_dead(cloud: Cloud, outcome: JobOutcome) -> None:
    mine, others = cloud.read("dev", "/jobs"), cloud.read("staging", "/jobs")
    assert outcome.job["job_id"] in [one["job_id"] for one in mine["jobs"]]
    assert mine["queue"]["dead"] == 1
    assert (others["jobs"], others["queue"]) == ([], {"waiting": 0, "dead": 0})


def test_the_deployed_page_may_send_files_to_the_bucket(cloud: Cloud) -> None:
    surroundings = cloud.read("dev", "/dashboard/surroundings.json")
    assert surroundings["uploads"] is True
    assert surroundings["metrics_url"].endswith("#dashboards:name=palier-dev")
    bucket = variables(cloud, "jobs")["PALIER_JOBS_BUCKET"]
    sources = json.loads(variables(cloud, "dashboard")["PALIER_DASHBOARD_CONNECT_SOURCES"])
    assert sources == [f"https://{bucket}.s3.eu-central-1.amazonaws.com"]
    (rule,) = cloud.client("s3").get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert rule["AllowedOrigins"] == ["http://localhost:8000", "https://*.execute-api.eu-central-1.amazonaws.com"]


@pytest.fixture
def told(cloud: Cloud) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Messages that a subscriber to dev's topic of assets gets."""
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    (topic,) = [
        one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith(":palier-dev-assets")
    ]
    queue = sqs.create_queue(QueueName="palier-test-subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]

    def received() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        return [json.loads(json.loads(one["Body"])["Message"]) for one in found]

    yield received
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=queue)


def test_an_asset_that_turns_is_reported_once_through_bus_and_topic(
    cloud: Cloud, told: Callable[[], list[dict[str, Any]]]
) -> None:
    signal = read_example("clearance.wav", 1.0).tolist()
    for _ in range(6):
        assert cloud.ask("dev", json={"signal": signal, "asset_id": "pump-7"}).status_code == 200
    events: list[dict[str, Any]] = []

    def delivered() -> bool:
        events.extend(told())
        return bool(events)

    until(delivered)
    events += told()
    (event,) = events
    assert (event["source"], event["detail-type"]) == ("palier", "Asset condition changed")
    assert (event["detail"]["asset_id"], event["detail"]["turn"]) == ("pump-7", "fault")
    assert (event["detail"]["stage"], event["detail"]["after"]["class_id"]) == ("dev", "clearance")
    asset = cloud.read("dev", "/assets/pump-7/history")
    assert (asset["asset"]["state"], len(asset["history"])) == ("fault", 6)


@pytest.mark.parametrize("name", ["jobs", "worker"])
def test_a_role_of_jobs_grants_nothing_beyond_its_policy(cloud: Cloud, name: str) -> None:
    """The function's own credentials: what it needs is let through, the next thing is not."""
    client = role_clients(cloud, name)
    mine, theirs = variables(cloud, name), variables(cloud, name, "staging")
    key: Any = {"job_id": {"S": "none"}}
    assert "Item" not in client("dynamodb").get_item(TableName=mine["PALIER_JOBS_TABLE"], Key=key)
    client("s3").list_objects_v2(Bucket=mine["PALIER_JOBS_BUCKET"], Prefix="jobs/")
    # Files of submissions that were refused are removed.
    client("s3").delete_object(Bucket=mine["PALIER_JOBS_BUCKET"], Key="jobs/none")
    refused: list[Callable[[], Any]] = [
        lambda: client("dynamodb").delete_item(TableName=mine["PALIER_JOBS_TABLE"], Key=key),
        lambda: client("dynamodb").get_item(TableName=theirs["PALIER_JOBS_TABLE"], Key=key),
        lambda: client("s3").delete_object(Bucket=theirs["PALIER_JOBS_BUCKET"], Key="jobs/none"),
        lambda: client("s3").delete_bucket(Bucket=mine["PALIER_JOBS_BUCKET"]),
        lambda: client("s3").list_objects_v2(Bucket=theirs["PALIER_JOBS_BUCKET"]),
        lambda: client("sqs").purge_queue(QueueUrl=mine["PALIER_JOBS_QUEUE_URL"]),
        lambda: client("sqs").send_message(QueueUrl=theirs["PALIER_JOBS_QUEUE_URL"], MessageBody="{}"),
    ]
    refused += {
        "jobs": [
            lambda: client("sqs").receive_message(QueueUrl=mine["PALIER_JOBS_QUEUE_URL"]),
            lambda: client("dynamodb").put_item(TableName=mine["PALIER_HISTORY_TABLE"], Item=key),
        ],
        "worker": [lambda: client("secretsmanager").get_secret_value(SecretId="palier/dev/api-keys")],
    }[name]
    for attempt in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()
