"""The cost of a stage: idle by the month, from its templates' resources, and by the million requests."""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cdk.functions import INFERENCE
from cdk.refusals import StageError
from cdk.reports.differences import as_table
from cdk.stages import STAGES, Stage
from cdk.trace_sampling import TRACED_SHARE

PRICES = Path(__file__).parents[1] / "prices.toml"
BEGIN, END = "<!-- cost -->\n", "<!-- /cost -->\n"

# Resource types that cost while nothing happens -> the price's name.
_IDLE_TYPES = {
    "AWS::WAFv2::WebACL": "web_acl",
    "AWS::KMS::Key": "kms_key",
    "AWS::SecretsManager::Secret": "secret",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::CompositeAlarm": "composite_alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "balancer",
}
TITLES = {
    "web_acl": "web ACL",
    "web_acl_rule": "rules of the web ACL",
    "kms_key": "encryption keys",
    "kms_rotations": "encryption keys, after two rotations",
    "secret": "secret",
    "alarm": "metrics of alarms",
    "composite_alarm": "composite alarms",
    "dashboard": "dashboard",
    "snapshot_gb_s": "snapshots (SnapStart)",
    "gpu_instance": "instances with a GPU",
    "balancer": "load balancer",
    "public_ipv4": "public addresses",
    "endpoint_zone": "interface endpoints",
    "api": "API Gateway",
    "requests": "web ACL",
    "function": "Lambda, requests",
    "compute": "Lambda, compute",
    "log_gb": "logs",
    "traces": "traces",
    "transfer_gb": "answers, data transfer",
    "history": "history",
}
# A function URL costs nothing beside the function.
_DOOR_PRICES = {"rest_api": "api", "http_api": "http_api"}
_LARGEST_MB = STAGES["prod"].sizes[INFERENCE.name].memory_mb
_SECONDS_A_MONTH = 30 * 24 * 3600
_HOURS_A_MONTH = 30 * 24
_MIB_A_GB = 1024

Costs = dict[str, float]
Template = Mapping[str, Any]


@dataclass(frozen=True)
class StageCost:
    """The costs of one stage in US dollars, by title: idle a month, and a million requests."""

    stage: str
    idle: Costs
    million: Costs


@cache
def prices() -> dict[str, Any]:
    """Return the table of prices, with their sources."""
    return tomllib.loads(PRICES.read_text())


def cost(stage: Stage, templates: Sequence[Template]) -> StageCost:
    """Return the cost of a stage whose stacks have these templates.

    Not counted: storage, data transfer, free tiers, jobs.

    Raises:
        StageError: the table of prices does not have the stage's instances.
    """
    resources = [one for template in templates for one in template["Resources"].values()]
    instances = {"gpu_instance": stage.gpu.minimum * instance_month(stage.gpu.instance_type)} if stage.gpu else {}
    return StageCost(
        stage.name,
        _idle(resources, 1 + stage.versions_kept) | instances,
        million_costs(stage, prices()["assumed"]["billed_ms"]),
    )


def instance_month(instance_type: str) -> float:
    """Return the US dollars that one instance costs in a month.

    Raises:
        StageError: the table of prices does not have it.
    """
    if instance_type not in prices()["gpu_hour"]:
        raise StageError(f"There is no price of {instance_type} in cdk/prices.toml; add it, with its source.")
    month: float = prices()["gpu_hour"][instance_type]["usd"] * _HOURS_A_MONTH
    return month


def gpu_costs(instance_type: str) -> Costs:
    """Return what one instance with a GPU adds to a stage's costs of a month, with all that it needs around it."""
    idle = prices()["idle"]
    return {
        "gpu_instance": instance_month(instance_type),
        "balancer": idle["balancer"]["usd"],
        "public_ipv4": idle["public_ipv4"]["usd"] * prices()["assumed"]["gpu_addresses"],
        "endpoint_zone": idle["endpoint_zone"]["usd"] * prices()["assumed"]["gpu_endpoint_zones"],
    }


def _idle(resources: Sequence[Mapping[str, Any]], versions: int) -> Costs:
    """Return the idle costs of a month; each function has `versions` versions, each with its snapshot."""
    counts: Counter[str] = Counter(_IDLE_TYPES[one["Type"]] for one in resources if one["Type"] in _IDLE_TYPES)
    acls = [one["Properties"] for one in resources if one["Type"] == "AWS::WAFv2::WebACL"]
    functions = [one["Properties"] for one in resources if one["Type"] == "AWS::Lambda::Function"]
    # An alarm costs by the metrics that it computes with.
    counts["alarm"] = sum(_metrics(one["Properties"]) for one in resources if one["Type"] == "AWS::CloudWatch::Alarm")
    counts["web_acl_rule"] = sum(len(acl["Rules"]) for acl in acls)
    keys = [one["Properties"] for one in resources if one["Type"] == "AWS::KMS::Key"]
    counts["kms_rotations"] = sum(bool(one.get("EnableKeyRotation")) for one in keys)
    balancers = [one["Properties"] for one in resources if one["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer"]
    counts["public_ipv4"] = sum(len(one["Subnets"]) for one in balancers if one.get("Scheme") == "internet-facing")
    quantities: dict[str, float] = {name: count for name, count in counts.items() if count}
    endpoints = [one["Properties"] for one in resources if one["Type"] == "AWS::EC2::VPCEndpoint"]
    zones = sum(len(one["SubnetIds"]) for one in endpoints if one["VpcEndpointType"] == "Interface")
    if zones:
        quantities["endpoint_zone"] = zones
    quantities["snapshot_gb_s"] = versions * sum(
        one["MemorySize"] / _MIB_A_GB * _SECONDS_A_MONTH for one in functions if "SnapStart" in one
    )
    return {name: prices()["idle"][name]["usd"] * quantity for name, quantity in quantities.items()}


def _metrics(alarm: Mapping[str, Any]) -> int:
    return sum("MetricStat" in one for one in alarm.get("Metrics", [])) or 1


def million_costs(stage: Stage, billed_ms: float) -> Costs:
    """Return the costs in US dollars, by title, of a million requests that are billed `billed_ms` each."""
    price, assumed = prices()["million"], prices()["assumed"]
    gigabytes = stage.sizes[INFERENCE.name].memory_mb / _MIB_A_GB
    return {
        "api": 0.0 if stage.door == "function_url" else price[_DOOR_PRICES[stage.door]]["usd"],
        "requests": price["web_acl"]["usd"] if stage.door == "rest_api" else 0.0,
        "function": price["function"]["usd"],
        "compute": price[f"{stage.architecture}_gb_s"]["usd"] * gigabytes * billed_ms * 1e3,
        "log_gb": price["log_gb"]["usd"] * assumed["logged_kb"],
        "traces": price["trace"]["usd"] * TRACED_SHARE,
    }


def render(costs: Sequence[StageCost]) -> str:
    """Return the section of docs/deploy.md."""
    assumed = prices()["assumed"]
    in_use = assumed["metrics_in_use"] * prices()["in_use"]["metric"]["usd"]
    snapshot = prices()["idle"]["snapshot_gb_s"]["usd"] * _SECONDS_A_MONTH * _LARGEST_MB / _MIB_A_GB
    return (
        f"US dollars, us-east-1, list prices as read on {prices()['read']} "
        "([cdk/prices.toml](../cdk/prices.toml) names each source); no free tier counted.\n\n"
        f"{_table('idle, a month', costs, [one.idle for one in costs])}\n"
        f"Without the web ACL that is {_without_acl(costs)}. While it is asked, "
        f"{assumed['metrics_in_use']} metrics of its\nown are written and billed by the hour: "
        f"{in_use:.2f} a month where that is around the clock. SnapStart ({snapshot:.2f} a month\n"
        "for each kept version of `inference` of prod) is on in no stage.\n\n"
        f"A request is taken to be {assumed['billed_ms']} ms billed and {assumed['logged_kb']} KB of logs: "
        "assumptions, not measurements on AWS.\n\n"
        f"{_table('a million requests', costs, [one.million for one in costs])}\n"
        "A stage with GPUs costs so much more, and for each further instance its row again; what it answers costs the\n"
        "web ACL and the load balancer's traffic.\n\n"
        f"{_gpu_table()}"
    )


def without_acl(one: StageCost) -> float:
    """Return the idle costs of a stage without its web ACL."""
    return sum(usd for name, usd in one.idle.items() if name not in {"web_acl", "web_acl_rule"})


def _without_acl(costs: Sequence[StageCost]) -> str:
    return ", ".join(f"{without_acl(one):.2f} in {one.stage}" for one in costs)


def with_costs(page: str, costs: Sequence[StageCost]) -> str:
    """Return a page with its section of costs rendered again."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + render(costs) + END + rest.partition(END)[2]


def _gpu_table() -> str:
    types = list(prices()["gpu_hour"])
    return _rows("one GPU, a month", types, [gpu_costs(one) for one in types])


def _table(title: str, costs: Sequence[StageCost], columns: Sequence[Costs]) -> str:
    return _rows(title, [one.stage for one in costs], columns)


def _rows(title: str, heads: Sequence[str], columns: Sequence[Costs]) -> str:
    names = [name for name in TITLES if any(column.get(name) for column in columns)]
    rows = [[TITLES[name], *(f"{column.get(name, 0):.2f}" for column in columns)] for name in names]
    total = ["**all**", *(f"**{sum(column.values()):.2f}**" for column in columns)]
    return as_table([title, *heads], [*rows, total])
