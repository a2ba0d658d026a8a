"""The least that a function needs of a resource: from what it may do to the actions of IAM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Stack
from aws_cdk import aws_kms as kms

from cdk.acknowledged import acknowledge
from cdk.constructs.function import Function
from cdk.functions import Access, Kind

_TABLE_READ = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
_TABLE_WRITE = ("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")

ACTIONS: Mapping[tuple[Kind, Access], Sequence[str]] = {
    ("bucket", "read"): ("s3:GetObject",),
    ("bucket", "write"): ("s3:PutObject",),
    ("bucket", "read_write"): ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
    ("table", "read"): _TABLE_READ,
    ("table", "write"): _TABLE_WRITE,
    ("table", "read_write"): (*_TABLE_READ, *_TABLE_WRITE),
    ("queue", "send"): ("sqs:SendMessage",),
}
CONSUME = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_SERVICES: Mapping[Kind, str] = {"bucket": "s3", "table": "dynamodb", "queue": "sqs"}


@dataclass(frozen=True)
class Resource:
    """Something of the data stack: what a function is told of it, and the ARNs that its actions are about."""

    kind: Kind
    address: str
    arns: tuple[str, ...]
    key: kms.IKey
    accepted: Mapping[str, str] = field(default_factory=dict)


def grant(function: Function, resource: Resource, access: Access) -> None:
    """Let a function use a resource, and the key that encrypts it through that resource's service only."""
    _allow(function, resource, ACTIONS[resource.kind, access])


def let_consume(function: Function, queue: Resource) -> None:
    """Let a function be driven by a queue."""
    _allow(function, queue, CONSUME)


def _allow(function: Function, resource: Resource, actions: Sequence[str]) -> None:
    function.allow(actions, resource.arns)
    acknowledge(function.role, resource.accepted)
    service = f"{_SERVICES[resource.kind]}.{Stack.of(function).region}.amazonaws.com"
    function.allow(
        ["kms:Decrypt", "kms:GenerateDataKey"], [resource.key.key_arn], {"StringEquals": {"kms:ViaService": service}}
    )
