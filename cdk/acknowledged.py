"""Findings of cdk-nag that are accepted, each with its reason beside the thing it is about."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def managed_policy(name: str) -> str:
    """Return the rule that objects to a policy of AWS's own."""
    return f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/{name}]"


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings on a construct and what is in it: from a rule (`AwsSolutions-S1`) to the reason."""
    Validations.of(construct).acknowledge(*(Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items()))
