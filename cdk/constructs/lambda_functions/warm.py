"""Provisioned concurrency that follows the load."""

from aws_cdk import aws_lambda as lambda_

from cdk.stage_parts import ProvisionedConcurrency


def keep_warm(alias: lambda_.Alias, provisioned: ProvisionedConcurrency) -> None:
    """Keep instances of an alias warm, as many as its load asks for."""
    scaling = alias.add_auto_scaling(min_capacity=provisioned.minimum, max_capacity=provisioned.maximum)
    scaling.scale_on_utilization(utilization_target=provisioned.utilization)
