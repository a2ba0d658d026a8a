"""Accounts of AWS as preflight sees them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any

from tests.cdk.stage_variants import DOMAIN

REGION = "eu-central-1"
CERTIFICATE = {"Status": "ISSUED", "DomainName": DOMAIN.name, "SubjectAlternativeNames": ["*.vibration.plant.internal"]}


class NotFoundError(Exception):
    pass


def account(
    *,
    concurrency: int = 1000,
    reserved: Mapping[str, int] = MappingProxyType({}),
    elsewhere: int = 0,
    sells_arm64: bool = True,
    gpu_vcpus: float = 32,
    bootstrap: str | None = "21",
    certificate: dict[str, Any] = CERTIFICATE,
    zone: str = "plant.internal.",
    waiting: tuple[str, ...] = (),
    region: str = REGION,
    partition: str = "aws",
    lacks: tuple[str, ...] = (),
) -> Any:
    """A session of an account that has this; reserved: concurrency, by the names of functions."""
    limits = {
        "ConcurrentExecutions": concurrency,
        "UnreservedConcurrentExecutions": concurrency - sum(reserved.values()) - elsewhere,
    }

    def reserved_by(FunctionName: str) -> dict[str, int]:  # noqa: N803
        if FunctionName not in reserved:
            raise NotFoundError
        return {"ReservedConcurrentExecutions": reserved[FunctionName]}

    def products(Filters: list[dict[str, str]], **_: object) -> dict[str, list[str]]:  # noqa: N803
        assert {one["Field"]: one["Value"] for one in Filters} == {
            "regionCode": region,
            "group": "AWS-Lambda-Duration-ARM",
        }
        return {"PriceList": ["{}"] if sells_arm64 else []}

    def parameter(**_: object) -> dict[str, Any]:
        if bootstrap is None:
            raise NotFoundError
        return {"Parameter": {"Value": bootstrap}}

    def paginator(name: str) -> Any:
        topics = [{"TopicArn": f"arn:aws:sns:{REGION}:1:{one}"} for one in ("palier-dev-page", "palier-prod-page")]
        subscriptions = [{"SubscriptionArn": "PendingConfirmation", "Endpoint": one} for one in waiting]
        page = {"list_topics": {"Topics": topics}, "list_subscriptions_by_topic": {"Subscriptions": subscriptions}}
        return SimpleNamespace(paginate=lambda **_: [page[name]])

    def described(TypeName: str, **_: object) -> None:  # noqa: N803
        if TypeName in lacks:
            raise NotFoundError

    answers: dict[str, dict[str, Callable[..., Any]]] = {
        "lambda": {"get_account_settings": lambda: {"AccountLimit": limits}, "get_function_concurrency": reserved_by},
        "pricing": {"get_products": products},
        "service-quotas": {"get_service_quota": lambda **_: {"Quota": {"Value": gpu_vcpus}}},
        "cloudformation": {"describe_type": described},
        "ssm": {"get_parameter": parameter},
        "acm": {"describe_certificate": lambda **_: {"Certificate": certificate}},
        "route53": {"get_hosted_zone": lambda **_: {"HostedZone": {"Name": zone}}},
        "sns": {"get_paginator": paginator},
    }
    names = ("ParameterNotFound", "TypeNotFoundException", "ResourceNotFoundException")
    errors = SimpleNamespace(**dict.fromkeys(names, NotFoundError))
    clients = {name: SimpleNamespace(exceptions=errors, **methods) for name, methods in answers.items()}

    def client(name: str, region_name: str = region) -> Any:
        assert name != "pricing" or region_name == "us-east-1"
        return clients[name]

    return SimpleNamespace(region_name=region, client=client, get_partition_for_region=lambda _: partition)
