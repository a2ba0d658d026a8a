"""The least that a function needs of a resource: from what it may do to the actions of IAM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Stack
from aws_cdk import aws_kms as kms

from cdk.acknowledged import acknowledge
from cdk.constructs.lambda_functions.function import Function
from cdk.functions import Access, ResourceKind

_TABLE_READ = ("dynamodb:GetItem", "dynamodb:Query")

ACTIONS: Mapping[tuple[ResourceKind, Access], Sequence[str]] = {
    ("bucket", "read_write"): ("s3:GetObject", "s3:PutObject"),
    ("bucket", "list"): ("s3:ListBucket",),
    ("table", "read"): _TABLE_READ,
    ("table", "read_write"): (*_TABLE_READ, "dynamodb:PutItem", "dynamodb:UpdateItem"),
    ("queue", "send"): ("sqs:SendMessage",),
    ("queue", "count"): ("sqs:GetQueueAttributes",),
    ("bus", "send"): ("events:PutEvents",),
}
CONSUME = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_SERVICES: Mapping[ResourceKind, str] = {"bucket": "s3", "table": "dynamodb", "queue": "sqs", "bus": "events"}
# They touch nothing that is encrypted.
_WITHOUT_KEY: tuple[Access, ...] = ("list", "count")


@dataclass(frozen=True)
class Resource:
    """Something of the data stack: what a function is told of it, and the ARNs that its actions are about.

    key: encrypts it; None where a key of AWS's own does. listed: what `list` is about, of a bucket.
    """

    kind: ResourceKind
    address: str
    arns: tuple[str, ...]
    key: kms.IKey | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[str, ...] = ()


def grant(function: Function, resource: Resource, access: Access) -> None:
    """Let a function use a resource, and the key that encrypts it through that resource's service only."""
    actions = ACTIONS[resource.kind, access]
    if access in _WITHOUT_KEY:
        function.allow(actions, resource.listed or resource.arns)
    else:
        _allow(function, resource, actions)


def let_consume(function: Function, queue: Resource) -> None:
    """Let a function be driven by a queue."""
    _allow(function, queue, CONSUME)


def _allow(function: Function, resource: Resource, actions: Sequence[str]) -> None:
    function.allow(actions, resource.arns)
    acknowledge(function.role, resource.accepted)
    if resource.key is None:
        return
    service = f"{_SERVICES[resource.kind]}.{Stack.of(function).region}.amazonaws.com"
    function.allow(
        ["kms:Decrypt", "kms:GenerateDataKey"], [resource.key.key_arn], {"StringEquals": {"kms:ViaService": service}}
    )
