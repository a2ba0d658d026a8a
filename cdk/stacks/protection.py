"""Protection of a stage's API: the web ACL."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from cdk.constructs.protection.web_acl import WebAcl
from cdk.stages import Stage


class ProtectionStack(Stack):
    """The web ACL on the API's stage; `edge_secrets` are those of CloudFront, where it stands before the API."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, api: apigateway.RestApi, edge_secrets: Sequence[str]
    ) -> None:
        super().__init__(scope, id_, description=f"Palier {stage.name}: web ACL")
        self.web_acl = WebAcl(
            self, "WebAcl", stage=stage, resource_arn=api.deployment_stage.stage_arn, edge_secrets=edge_secrets
        )
