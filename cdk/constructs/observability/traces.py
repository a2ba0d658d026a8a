"""The sampling rule of a stage's traces."""

from aws_cdk import aws_xray as xray
from constructs import Construct

from cdk.resource_names import resource_name
from cdk.trace_sampling import TRACED_SHARE

# Before X-Ray's own rule, which is the last: one request a second and 5 % of the others, for each service.
_PRIORITY = 1000


def traces(scope: Construct, id_: str, *, stage: str) -> xray.CfnSamplingRule:
    """Make the rule that traces a fixed share of a stage's requests, so that the costs are in proportion."""
    name = resource_name(stage)
    return xray.CfnSamplingRule(
        scope,
        id_,
        sampling_rule=xray.CfnSamplingRule.SamplingRuleProperty(
            rule_name=name,
            priority=_PRIORITY,
            fixed_rate=TRACED_SHARE,
            reservoir_size=0,
            # The API's service is its name and stage, a function's is its name.
            service_name=f"{name}*",
            service_type="*",
            host="*",
            http_method="*",
            url_path="*",
            resource_arn="*",
            version=1,
        ),
    )
