"""Grants of the fewest IAM actions that a function's access to a resource needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_kms as kms

from cdk.acknowledged import acknowledge
from cdk.constructs.lambda_functions.function import Function
from cdk.constructs.policies import allow, through_service
from cdk.functions import Access, ResourceKind

_TABLE_READ = ("dynamodb:GetItem", "dynamodb:Query")

ACTIONS: Mapping[tuple[ResourceKind, Access], Sequence[str]] = {
    ("bucket", "read_write"): ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
    ("bucket", "list"): ("s3:ListBucket",),
    ("table", "read"): _TABLE_READ,
    ("table", "read_write"): (*_TABLE_READ, "dynamodb:PutItem", "dynamodb:UpdateItem"),
    ("queue", "send"): ("sqs:SendMessage",),
    ("queue", "count"): ("sqs:GetQueueAttributes",),
    ("bus", "send"): ("events:PutEvents",),
}
CONSUME = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_SERVICES: Mapping[ResourceKind, str] = {"bucket": "s3", "table": "dynamodb", "queue": "sqs", "bus": "events"}
# Actions on the key for reading and writing encrypted data.
ENCRYPTED_READ_WRITE = ("kms:Decrypt", "kms:GenerateDataKey")
# Accesses that touch no encrypted data.
_WITHOUT_KEY: tuple[Access, ...] = ("list", "count")


@dataclass(frozen=True)
class Resource:
    """A resource of the data stack: its address for the functions, and the ARNs for IAM.

    key: encrypts it, None where it is a key of AWS's own; accepted: findings of cdk-nag on its ARNs, with reasons;
    listed: ARNs for the access `list`, of a bucket.
    """

    kind: ResourceKind
    address: str
    arns: tuple[str, ...]
    key: kms.IKey | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[str, ...] = ()


def grant(function: Function, resource: Resource, access: Access) -> None:
    """Let a function use a resource, and its encryption key through that resource's service only."""
    actions = ACTIONS[resource.kind, access]
    if access in _WITHOUT_KEY:
        allow(function.role, actions, resource.listed or resource.arns)
    else:
        _allow_with_key(function, resource, actions)


def grant_consume(function: Function, queue: Resource) -> None:
    """Let a queue invoke a function."""
    _allow_with_key(function, queue, CONSUME)


def _allow_with_key(function: Function, resource: Resource, actions: Sequence[str]) -> None:
    allow(function.role, actions, resource.arns)
    acknowledge(function.role, resource.accepted)
    if resource.key is None:
        return
    through = through_service(function, _SERVICES[resource.kind])
    allow(function.role, ENCRYPTED_READ_WRITE, [resource.key.key_arn], through)
