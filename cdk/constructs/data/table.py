"""A DynamoDB table: paid by request, encrypted, restorable to any second of the last 35 days."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.constructs.retention import removal_policy
from cdk.stage_parts import Retention

# The attribute with an item's end in epoch seconds; DynamoDB deletes the item some time later.
EXPIRY_ATTRIBUTE = "expires_at"


@dataclass(frozen=True)
class TableKeys:
    """The keys of a table, all strings; an index is `(name, partition key, sort key)`."""

    partition: str
    sort: str | None = None
    indexes: tuple[tuple[str, str, str], ...] = ()


class Table(Construct):
    """One table."""

    def __init__(self, scope: Construct, id_: str, *, keys: TableKeys, key: kms.IKey, retention: Retention) -> None:
        super().__init__(scope, id_)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_string(keys.partition),
            sort_key=_string(keys.sort) if keys.sort else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=EXPIRY_ATTRIBUTE,
            # Protected against deletion only once it is deployed: cdk/account/settling.py.
            removal_policy=removal_policy(retention),
        )
        for name, partition, sort in keys.indexes:
            self.table.add_global_secondary_index(
                index_name=name, partition_key=_string(partition), sort_key=_string(sort)
            )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
