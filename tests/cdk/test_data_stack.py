"""The data stack: encrypted, restorable, reached over TLS only, and kept where the stage says so."""

from typing import Any

import pytest

from build_scripts.local.aws.embedded import resources as embedded
from cdk.constructs.data.asset_alerts import DETAIL_TYPE, SOURCE
from cdk.stages import Stage
from functions.core.assets import alerts, history_table
from functions.core.aws.dynamodb import EXPIRY_ATTRIBUTE
from functions.core.jobs import table as job_table
from functions.core.settings import Settings
from tests.cdk.stage_variants import DOMAIN, WARM
from tests.cdk.templates import Assembly, Template

BRIDGE = {"Service": "events.amazonaws.com"}


@pytest.fixture
def template(assembly: Assembly, stage: Stage) -> Template:
    return assembly.template(stage.name, "data")


def test_it_holds_state_and_nothing_that_runs(template: Template) -> None:
    assert template.types() == {
        "AWS::KMS::Key",
        "AWS::KMS::Alias",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::DynamoDB::Table",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::Events::EventBus",
        "AWS::Events::Rule",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
    }


def test_one_key_that_rotates(template: Template) -> None:
    assert template.only("AWS::KMS::Key")["EnableKeyRotation"] is True


def test_alarms_and_the_budget_of_this_account_may_use_it(template: Template) -> None:
    statements = template.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    services = {"Service": ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]}
    (used,) = [one for one in statements if one["Principal"] == services]
    assert used["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_recordings_are_versioned_encrypted_and_forgotten(template: Template, stage: Stage) -> None:
    (recordings,) = [one for one in template.all("AWS::S3::Bucket") if "VersioningConfiguration" in one]
    assert recordings["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = recordings["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "KMSMasterKeyID" in rule["ServerSideEncryptionByDefault"]
    assert rule["BucketKeyEnabled"] is True
    assert recordings["LoggingConfiguration"]["LogFilePrefix"] == "recordings/"
    (lifecycle,) = recordings["LifecycleConfiguration"]["Rules"]
    assert lifecycle["ExpirationInDays"] == stage.retention.object_days
    assert lifecycle["NoncurrentVersionExpiration"] == {"NoncurrentDays": stage.retention.noncurrent_days}


def test_no_bucket_is_public_or_reached_without_tls(template: Template) -> None:
    buckets = template.all("AWS::S3::Bucket")
    assert len(buckets) == 2
    for bucket in buckets:
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    for policy in template.all("AWS::S3::BucketPolicy"):
        denied = [one["Condition"] for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_tables_are_restorable_encrypted_and_expire(template: Template) -> None:
    tables = template.all("AWS::DynamoDB::Table")
    assert sorted(table["KeySchema"][0]["AttributeName"] for table in tables) == ["asset_id", "job_id"]
    for table in tables:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert "KMSMasterKeyId" in table["SSESpecification"]
        assert table["TimeToLiveSpecification"] == {"AttributeName": EXPIRY_ATTRIBUTE, "Enabled": True}
        # A first deployment that fails must be able to take it away: cdk/account/settling.py protects it afterwards.
        assert "DeletionProtectionEnabled" not in table


def test_a_job_that_fails_three_times_is_put_aside(template: Template, stage: Stage) -> None:
    queues = [one for one in template.all("AWS::SQS::Queue") if "KmsMasterKeyId" in one]
    (jobs,) = [queue for queue in queues if "RedrivePolicy" in queue]
    (dead,) = [queue for queue in queues if "RedrivePolicy" not in queue]
    assert jobs["RedrivePolicy"]["maxReceiveCount"] == Settings().jobs_max_receives == embedded.MOST_RECEIVES == 3
    assert jobs["VisibilityTimeout"] == 6 * stage.sizes["worker"].timeout_s
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_queues_are_reached_over_tls_only(template: Template) -> None:
    policies = [one["PolicyDocument"]["Statement"] for one in template.all("AWS::SQS::QueuePolicy")]
    assert len(policies) == 3
    for statements in policies:
        (denied,) = [one for one in statements if one["Effect"] == "Deny"]
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("type_", ["AWS::KMS::Key", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue"])
def test_prod_keeps_its_data(template: Template, stage: Stage, type_: str) -> None:
    policies = {(one["DeletionPolicy"], one["UpdateReplacePolicy"]) for one in template.resources(type_)}
    expected = {("RetainExceptOnCreate", "Retain")} if stage.name == "prod" else {("Delete", "Delete")}
    assert policies == expected


def keys(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(one["AttributeName"] for one in schema)


def test_tables_have_the_keys_that_the_code_asks_by(template: Template) -> None:
    """The embedded services, on which the code is tested, make their tables of the same keys."""
    tables = {keys(table["KeySchema"]): table for table in template.all("AWS::DynamoDB::Table")}
    assert set(tables) == {job_table.KEYS.keys, history_table.KEYS.keys}
    for known in (job_table.KEYS, history_table.KEYS):
        indexes = tables[known.keys].get("GlobalSecondaryIndexes", [])
        assert {index["IndexName"]: keys(index["KeySchema"]) for index in indexes} == known.indexes
        assert all(index["Projection"] == {"ProjectionType": "ALL"} for index in indexes)


def cors(template: Template) -> list[dict[str, Any]]:
    (recordings,) = [one for one in template.all("AWS::S3::Bucket") if "VersioningConfiguration" in one]
    rules: list[dict[str, Any]] = recordings.get("CorsConfiguration", {}).get("CorsRules", [])
    return rules


def test_pages_that_may_call_may_upload_and_no_others(template: Template, stage: Stage, assembly: Assembly) -> None:
    (rule,) = cors(template)
    *others, own = rule["AllowedOrigins"]
    assert tuple(others) == stage.cors_origins
    region, suffix = {"Ref": "AWS::Region"}, {"Ref": "AWS::URLSuffix"}
    assert own == {"Fn::Join": ["", ["https://*.execute-api.", region, ".", suffix]]}
    (warm,) = cors(assembly.template("warm", "data"))
    assert warm["AllowedOrigins"] == [
        *WARM.cors_origins,
        f"https://{DOMAIN.name}",
        # Of the page that CloudFront serves.
        "https://*.cloudfront.net",
    ]
    assert warm["AllowedMethods"] == ["GET", "POST"]
    assert "AllowedHeaders" not in warm


def test_a_turn_of_an_asset_goes_to_the_topic(template: Template, stage: Stage) -> None:
    assert (SOURCE, DETAIL_TYPE) == (alerts.SOURCE, alerts.DETAIL_TYPE)
    assert template.only("AWS::Events::EventBus")["Name"] == f"palier-{stage.name}"
    rule = template.only("AWS::Events::Rule")
    assert rule["EventPattern"] == {"source": [SOURCE], "detail-type": [DETAIL_TYPE]}
    assert template.document["Resources"][rule["EventBusName"]["Ref"]]["Type"] == "AWS::Events::EventBus"
    (target,) = rule["Targets"]
    assert template.document["Resources"][target["Arn"]["Ref"]]["Type"] == "AWS::SNS::Topic"
    assert "RoleArn" not in target


def joined(value: dict[str, Any]) -> str:
    """A text of the template, its pseudo parameters by their names."""
    parts = value["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else f"<{part['Ref'].removeprefix('AWS::')}>" for part in parts)


def test_only_the_rule_publishes_and_the_topic_is_encrypted(template: Template, stage: Stage) -> None:
    assert "KmsMasterKeyId" in template.only("AWS::SNS::Topic")
    deny, allow = template.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (allow["Action"], allow["Principal"]) == ("sns:Publish", BRIDGE)
    rule = joined(allow["Condition"]["ArnEquals"]["aws:SourceArn"])
    name = f"palier-{stage.name}"
    assert rule == f"arn:<Partition>:events:<Region>:<AccountId>:rule/{name}/{name}-assets"
    assert template.only("AWS::Events::Rule")["Name"] == f"{name}-assets"


def test_event_bridge_uses_the_key_for_this_topic_and_under_no_condition_that_kms_does_not_see(
    template: Template, stage: Stage
) -> None:
    """SNS developer guide, key management: neither aws:SourceAccount nor aws:SourceArn for EventBridge."""
    statements = template.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (used,) = [one for one in statements if one["Principal"] == BRIDGE]
    assert used["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    ((operator, condition),) = used["Condition"].items()
    assert (operator, list(condition)) == ("StringEquals", ["kms:EncryptionContext:aws:sns:topicArn"])
    topic = joined(condition["kms:EncryptionContext:aws:sns:topicArn"])
    assert topic == f"arn:<Partition>:sns:<Region>:<AccountId>:{template.only('AWS::SNS::Topic')['TopicName']}"


def test_what_cannot_be_published_is_kept_for_two_weeks(template: Template) -> None:
    (target,) = template.only("AWS::Events::Rule")["Targets"]
    name = target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
    queue = template.document["Resources"][name]["Properties"]
    assert (queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]) == (14 * 24 * 3600, True)
    assert "KmsMasterKeyId" not in queue
    allowed = [
        one
        for policy in template.all("AWS::SQS::QueuePolicy")
        for one in policy["PolicyDocument"]["Statement"]
        if one["Effect"] == "Allow"
    ]
    assert [(one["Action"], one["Principal"]) for one in allowed] == [("sqs:SendMessage", BRIDGE)]


def test_alerts_of_assets_go_to_the_receivers_of_the_stage(template: Template, assembly: Assembly) -> None:
    assert template.all("AWS::SNS::Subscription") == []
    told = assembly.template("warm", "data").all("AWS::SNS::Subscription")
    assert {(one["Protocol"], one["Endpoint"]) for one in told} == {
        ("email", "maintenance@plant.internal"),
        ("https", "https://cmms.plant.internal/hook"),
    }
