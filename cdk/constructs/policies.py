"""Policy statements that several constructs need."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct

Conditions = Mapping[str, object]


def allow(
    role: iam.Role, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> None:
    """Allow a role actions on resources."""
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=dict(conditions or {}))
    )


def through_service(construct: IConstruct, service: str) -> Conditions:
    """Return the condition that a key is used through a service of the region only, for example `s3`."""
    return {
        "StringEquals": {"kms:ViaService": f"{service}.{Stack.of(construct).region}.{Stack.of(construct).url_suffix}"}
    }


def services_may(
    services: Sequence[str], actions: Sequence[str], resource: str, conditions: Conditions
) -> iam.PolicyStatement:
    """Return the statement that AWS services may act on a resource under conditions."""
    return iam.PolicyStatement(
        actions=list(actions),
        resources=[resource],
        principals=[iam.ServicePrincipal(name) for name in services],
        conditions=dict(conditions),
    )


def services_of_account(services: Sequence[str], actions: Sequence[str], resource: str) -> iam.PolicyStatement:
    """Return the statement that AWS services may act on a resource, on behalf of this account only."""
    return services_may(services, actions, resource, {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})
