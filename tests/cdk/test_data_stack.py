"""The data stack: encrypted, restorable, reached over TLS only, and kept where the stage says so."""

import pytest

from cdk.stages import Stage
from tests.cdk.templates import Assembly, Template


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
    }


def test_one_key_that_rotates(template: Template) -> None:
    assert template.only("AWS::KMS::Key")["EnableKeyRotation"] is True


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


def test_tables_are_restorable_encrypted_and_expire(template: Template, stage: Stage) -> None:
    tables = template.all("AWS::DynamoDB::Table")
    assert sorted(table["KeySchema"][0]["AttributeName"] for table in tables) == ["asset_id", "id", "job_id"]
    for table in tables:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert "KMSMasterKeyId" in table["SSESpecification"]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["DeletionProtectionEnabled"] is (stage.name == "prod")


def test_a_job_that_fails_three_times_is_put_aside(template: Template, stage: Stage) -> None:
    queues = template.all("AWS::SQS::Queue")
    (jobs,) = [queue for queue in queues if "RedrivePolicy" in queue]
    (dead,) = [queue for queue in queues if "RedrivePolicy" not in queue]
    assert jobs["RedrivePolicy"]["maxReceiveCount"] == 3
    assert jobs["VisibilityTimeout"] == 6 * stage.job_timeout_s
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert all("KmsMasterKeyId" in queue for queue in queues)


def test_queues_are_reached_over_tls_only(template: Template) -> None:
    statements = [one["PolicyDocument"]["Statement"] for one in template.all("AWS::SQS::QueuePolicy")]
    assert len(statements) == 2
    assert {(one["Effect"], str(one["Condition"])) for (one,) in statements} == {
        ("Deny", "{'Bool': {'aws:SecureTransport': 'false'}}")
    }


@pytest.mark.parametrize("type_", ["AWS::KMS::Key", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue"])
def test_prod_keeps_its_data(template: Template, stage: Stage, type_: str) -> None:
    policies = {(one["DeletionPolicy"], one["UpdateReplacePolicy"]) for one in template.resources(type_)}
    expected = {("RetainExceptOnCreate", "Retain")} if stage.name == "prod" else {("Delete", "Delete")}
    assert policies == expected
