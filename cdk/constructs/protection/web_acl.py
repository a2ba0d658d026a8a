"""The web ACL before the API: it blocks callers over a rate, requests that look like attacks, and large bodies."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from cdk.constructs.api.edge_proof import PROOF_HEADER
from cdk.constructs.protection.web_acl_rules import API_KEY_HEADER, custom_response_bodies, rules
from cdk.constructs.retention import log_group
from cdk.resource_names import resource_name
from cdk.stages import Stage

# AWS WAF writes to log groups of this prefix only.
_LOG_PREFIX = "aws-waf-logs-"


def web_acl_name(stage: Stage) -> str:
    """Return the web ACL's name, which is also the dimension of its metrics."""
    return resource_name(stage.name)


class WebAcl(Construct):
    """A web ACL on one resource or more, with a log that never holds a key."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, resource_arn: str, edge_secrets: Sequence[str]
    ) -> None:
        super().__init__(scope, id_)
        self.acl = wafv2.CfnWebACL(
            self,
            "Acl",
            name=web_acl_name(stage),
            description=f"Palier {stage.name}",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=wafv2.CfnWebACL.VisibilityConfigProperty(
                cloud_watch_metrics_enabled=True,
                metric_name=web_acl_name(stage),
                # Samples show whole requests, keys among their headers.
                sampled_requests_enabled=False,
            ),
            rules=rules(stage, edge_secrets),
            custom_response_bodies=custom_response_bodies(),
        )
        self.protect(self, "Association", resource_arn)
        self.log_group = log_group(
            self, "Log", name=f"{_LOG_PREFIX}{resource_name(stage.name)}", retention=stage.retention
        )
        # As AWS WAF's documentation spells it: the ARN that a log group has of itself ends with `:*`.
        # Source: docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        log_arn = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=self.log_group.log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[log_arn],
            redacted_fields=[_header(name) for name in (API_KEY_HEADER, "authorization", "cookie", PROOF_HEADER)],
        )

    def protect(self, scope: Construct, id_: str, resource_arn: str) -> None:
        """Protect one more resource, which the stack of `scope` makes."""
        wafv2.CfnWebACLAssociation(scope, id_, resource_arn=resource_arn, web_acl_arn=self.acl.attr_arn)


def _header(name: str) -> wafv2.CfnLoggingConfiguration.FieldToMatchProperty:
    return wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
