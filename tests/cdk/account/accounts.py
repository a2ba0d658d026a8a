"""Accounts of AWS as preflight sees them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.cdk.stage_variants import DOMAIN

REGION = "eu-central-1"
CERTIFICATE = {"Status": "ISSUED", "DomainName": DOMAIN.name, "SubjectAlternativeNames": ["*.vibration.plant.internal"]}
TOPICS = [{"TopicArn": f"arn:aws:sns:{REGION}:1:{one}"} for one in ("palier-dev-page", "palier-prod-page")]


class NotFoundError(Exception):
    pass


ERRORS = SimpleNamespace(
    **dict.fromkeys(("ParameterNotFound", "TypeNotFoundException", "ResourceNotFoundException"), NotFoundError)
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """A session of an account that has this; reserved: concurrency, by the names of functions."""

    concurrency: int = 1000
    reserved: Mapping[str, int] = field(default_factory=dict)
    elsewhere: int = 0
    sells_arm64: bool = True
    refusal_of_prices: Exception | None = None
    gpu_vcpus: float = 32
    bootstrap: str | None = "21"
    certificate: Mapping[str, Any] = field(default_factory=lambda: CERTIFICATE)
    zone: str = "plant.internal."
    waiting: Sequence[str] = ()
    region_name: str = REGION
    partition: str = "aws"
    lacks: Sequence[str] = ()

    def client(self, name: str, region_name: str | None = None) -> Any:
        # Prices are served in that region alone.
        assert name != "pricing" or region_name == "us-east-1"
        answers: dict[str, dict[str, Callable[..., Any]]] = {
            "lambda": {"get_account_settings": self._settings, "get_function_concurrency": self._reserved_by},
            "pricing": {"get_products": self._products},
            "service-quotas": {"get_service_quota": lambda **_: {"Quota": {"Value": self.gpu_vcpus}}},
            "cloudformation": {"describe_type": self._type},
            "ssm": {"get_parameter": self._parameter},
            "acm": {"describe_certificate": lambda **_: {"Certificate": self.certificate}},
            "route53": {"get_hosted_zone": lambda **_: {"HostedZone": {"Name": self.zone}}},
            "sns": {"get_paginator": self._paginator},
        }
        return SimpleNamespace(exceptions=ERRORS, **answers[name])

    def get_partition_for_region(self, _: str) -> str:
        return self.partition

    def _settings(self) -> dict[str, Any]:
        unreserved = self.concurrency - sum(self.reserved.values()) - self.elsewhere
        limits = {"ConcurrentExecutions": self.concurrency, "UnreservedConcurrentExecutions": unreserved}
        return {"AccountLimit": limits}

    def _reserved_by(self, FunctionName: str) -> dict[str, int]:  # noqa: N803
        if FunctionName not in self.reserved:
            raise NotFoundError
        return {"ReservedConcurrentExecutions": self.reserved[FunctionName]}

    def _products(self, Filters: list[dict[str, str]], **_: object) -> dict[str, list[str]]:  # noqa: N803
        if self.refusal_of_prices is not None:
            raise self.refusal_of_prices
        expected = {"regionCode": self.region_name, "group": "AWS-Lambda-Duration-ARM"}
        assert {one["Field"]: one["Value"] for one in Filters} == expected
        return {"PriceList": ["{}"] if self.sells_arm64 else []}

    def _parameter(self, **_: object) -> dict[str, Any]:
        if self.bootstrap is None:
            raise NotFoundError
        return {"Parameter": {"Value": self.bootstrap}}

    def _paginator(self, name: str) -> Any:
        subscriptions = [{"SubscriptionArn": "PendingConfirmation", "Endpoint": one} for one in self.waiting]
        page = {"list_topics": {"Topics": TOPICS}, "list_subscriptions_by_topic": {"Subscriptions": subscriptions}}
        return SimpleNamespace(paginate=lambda **_: [page[name]])

    def _type(self, TypeName: str, **_: object) -> None:  # noqa: N803
        if TypeName in self.lacks:
            raise NotFoundError
