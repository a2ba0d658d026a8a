"""What a region of AWS lacks for a stage: its partition, kinds of resources, snapshots, processors of arm64."""

from collections.abc import Iterator
from typing import Any

from cdk.account.finding import Finding
from cdk.stages import Stage

_PARTITION = "aws"
# Asia Pacific: New Zealand, Taipei.
# Source: docs.aws.amazon.com/lambda/latest/dg/snapstart.html, supported Regions
_WITHOUT_SNAP_START = ("ap-southeast-6", "ap-east-2")
# The price list of all regions is asked in few.
# Source: docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html, endpoints
_PRICE_LIST = "us-east-1"
# Kinds of resources that not every region has, with what brings them: all stages, or a field of some.
_EVERY_STAGE = "every stage"


def region_findings(stage: Stage, session: Any) -> Iterator[Finding]:
    """Yield what a region has or lacks; changes nothing."""
    region, partition = session.region_name, session.get_partition_for_region(session.region_name)
    yield Finding(
        partition == _PARTITION,
        f"{region} is of the partition {partition}; this is made for {_PARTITION}: elsewhere links to the console lead "
        "astray, and nobody has deployed there. Choose another region with AWS_REGION.",
    )
    if stage.snap_start:
        yield Finding(
            partition == _PARTITION and region not in _WITHOUT_SNAP_START,
            f"SnapStart must be there in {region}; it is in all regions of {_PARTITION} but "
            f"{', '.join(_WITHOUT_SNAP_START)}. Set snap_start=False, or choose another region.",
        )
    if stage.architecture == "arm64" and partition == _PARTITION:
        yield Finding(
            _sells_arm64(session, region),
            f"AWS's price list must have Lambda on arm64 in {region}; set architecture='x86_64', or choose another "
            "region.",
        )
    client = session.client("cloudformation")
    for kind, field in _kinds(stage).items():
        yield Finding(
            _is_there(client, kind), f"{region} must have {kind}, for {field}; change that, or choose another region."
        )


def _sells_arm64(session: Any, region: str) -> bool:
    """Whether Lambda offers arm64 in a region: no service says so, but the price list has a price for it."""
    wanted = {"regionCode": region, "group": "AWS-Lambda-Duration-ARM"}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    found = session.client("pricing", region_name=_PRICE_LIST).get_products(
        ServiceCode="AWSLambda", Filters=filters, MaxResults=1
    )
    return bool(found["PriceList"])


def _kinds(stage: Stage) -> dict[str, str]:
    kinds = {
        "AWS::Budgets::Budget": _EVERY_STAGE,
        "AWS::XRay::SamplingRule": _EVERY_STAGE,
        "AWS::WAFv2::WebACL": "door='rest_api'" if stage.door == "rest_api" else "",
        "AWS::ApiGatewayV2::Api": "door='http_api'" if stage.door == "http_api" else "",
        "AWS::Lambda::Url": "door='function_url'" if stage.door == "function_url" else "",
        "AWS::CodeDeploy::DeploymentGroup": f"shift={stage.shift!r}" if stage.shift != "all_at_once" else "",
        "AWS::CloudFront::Function": "page_cache=True" if stage.page_cache else "",
        "AWS::ECS::CapacityProvider": "gpu" if stage.gpu else "",
    }
    return {kind: field for kind, field in kinds.items() if field}


def _is_there(client: Any, kind: str) -> bool:
    try:
        client.describe_type(Type="RESOURCE", TypeName=kind)
    except client.exceptions.TypeNotFoundException:
        return False
    return True
