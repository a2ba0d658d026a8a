"""Buckets are emptied of every version where data may go, and only there."""

import json
from typing import Any

from cdk.account.emptying import empty_buckets
from tests.cdk.stage_variants import DEV, PROD, STAGING


def deploy(session: Any, stack: str) -> str:
    bucket = {"Type": "AWS::S3::Bucket"}
    client = session.client("cloudformation")
    client.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Recordings": bucket}}))
    (resource,) = client.list_stack_resources(StackName=stack)["StackResourceSummaries"]
    name = str(resource["PhysicalResourceId"])
    # The emulation of CloudFormation drops this property of the bucket.
    session.client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"first", b"second"):
        session.client("s3").put_object(Bucket=name, Key="recording", Body=body)
    session.client("s3").delete_object(Bucket=name, Key="recording")
    return name


def versions(session: Any, name: str) -> int:
    listed = session.client("s3").list_object_versions(Bucket=name)
    return len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", []))


def test_every_version_goes(session: Any) -> None:
    name = deploy(session, "palier-dev-data")
    assert versions(session, name) == 3
    assert empty_buckets(DEV, session) == [name]
    assert versions(session, name) == 0


def test_the_log_of_the_gpu_s_balancer_goes_too(session: Any) -> None:
    names = [deploy(session, f"palier-dev-{part}") for part in ("data", "gpu")]
    assert empty_buckets(DEV, session) == names
    assert [versions(session, name) for name in names] == [0, 0]


def test_other_stages_are_left_alone(session: Any) -> None:
    name = deploy(session, "palier-dev-data")
    assert empty_buckets(STAGING, session) == []
    assert versions(session, name) == 3


def test_a_stage_that_keeps_its_data_is_not_emptied(session: Any) -> None:
    name = deploy(session, "palier-prod-data")
    assert empty_buckets(PROD, session) == []
    assert versions(session, name) == 3
