"""The roles of a pipeline: one stack for an account, deployed once, by hand."""

import re
from collections.abc import Sequence

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.constructs.pipeline.deploy_role import AUDIENCE, ISSUER, DeployRole, PlanRole
from cdk.refusals import StageError

_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


class PipelineStack(Stack):
    """GitHub as a provider of identities, a role for each stage of this account, and one for pull requests.

    makes_provider: False where the account has GitHub as a provider already, of which there can be one.
    """

    def __init__(
        self, scope: Construct, id_: str, *, repository: str, stages: Sequence[str], makes_provider: bool = True
    ) -> None:
        if not _REPOSITORY.fullmatch(repository):
            raise StageError(f"repository {repository!r} is none of GitHub; write OWNER/NAME.")
        super().__init__(scope, id_, description=f"Palier: what {repository} may do")
        provider_arn = self._make_provider() if makes_provider else self._provider_of_account()
        plan = PlanRole(self, "Plan", provider_arn=provider_arn, repository=repository)
        CfnOutput(self, "PlanRole", value=plan.role.role_arn, description="AWS_PLAN_ROLE_ARN of the repository")
        for stage in stages:
            deploy = DeployRole(self, stage.title(), stage=stage, provider_arn=provider_arn, repository=repository)
            about = f"AWS_ROLE_ARN of the environment {stage}"
            CfnOutput(self, f"{stage.title()}Role", value=deploy.role.role_arn, description=about)

    def _make_provider(self) -> str:
        provider = iam.CfnOIDCProvider(self, "GitHub", url=f"https://{ISSUER}", client_id_list=[AUDIENCE])
        return provider.attr_arn

    def _provider_of_account(self) -> str:
        return self.format_arn(service="iam", region="", resource="oidc-provider", resource_name=ISSUER)
