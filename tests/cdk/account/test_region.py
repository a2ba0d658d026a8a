"""A region that lacks what a stage is made of is found before anything is deployed."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from cdk.account.region import region_findings
from cdk.stages import Stage
from tests.cdk.account.accounts import Account
from tests.cdk.stage_variants import DEV, HTTP, PROD, SNAP, URLS, WARM


@pytest.mark.parametrize(
    ("stage", "has", "sentence"),
    [
        (DEV, {"region_name": "cn-north-1", "partition": "aws-cn"}, "cn-north-1 is of the partition aws-cn"),
        (SNAP, {"region_name": "ap-east-2"}, "SnapStart must be there in ap-east-2"),
        (DEV, {"sells_arm64": False}, "AWS's price list must have Lambda on arm64 in eu-central-1; set architecture"),
        (DEV, {"lacks": ("AWS::Budgets::Budget",)}, "eu-central-1 must have AWS::Budgets::Budget, for every stage"),
        (PROD, {"lacks": ("AWS::CodeDeploy::DeploymentGroup",)}, "for shift='canary_10_percent_15_minutes'"),
        (WARM, {"lacks": ("AWS::CloudFront::Function",)}, "for page_cache=True; change that, or choose another region"),
        (WARM, {"lacks": ("AWS::ECS::CapacityProvider",)}, "for gpu"),
        (HTTP, {"lacks": ("AWS::ApiGatewayV2::Api",)}, "for door='http_api'"),
        (URLS, {"lacks": ("AWS::Lambda::Url",)}, "for door='function_url'"),
    ],
)
def test_what_a_region_lacks_is_one_line(stage: Stage, has: dict[str, Any], sentence: str) -> None:
    (missing,) = [one.sentence for one in region_findings(stage, Account(**has)) if not one.enough]
    assert sentence in missing


def test_a_stage_of_x86_64_needs_no_arm64() -> None:
    found = list(region_findings(replace(DEV, architecture="x86_64"), Account(sells_arm64=False)))
    assert [one.sentence for one in found if not one.enough] == []


def test_what_a_stage_does_not_use_may_be_missing() -> None:
    unused = ("AWS::CloudFront::Function", "AWS::Lambda::Url", "AWS::ECS::CapacityProvider")
    found = list(region_findings(replace(DEV, snap_start=False), Account(region_name="ap-east-2", lacks=unused)))
    assert [one.sentence for one in found if not one.enough] == []


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_boto3_has_the_partition_of_a_region(region: str, partition: str) -> None:
    assert boto3.Session(region_name=region).get_partition_for_region(region) == partition
