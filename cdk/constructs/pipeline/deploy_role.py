"""Roles for the jobs of a repository on GitHub, which present a token of GitHub's: no key is stored anywhere.

Source: GitHub documentation, "Configuring OpenID Connect in Amazon Web Services"; AWS CDK developer guide,
"Bootstrapping", which names the roles that a deployment works with.
"""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.lambda_functions.grants import ENCRYPTED_READ_WRITE
from cdk.functions import FUNCTIONS
from cdk.resource_names import BOOTSTRAP_QUALIFIER, key_secret_name, resource_name

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"

_DEPLOYING = ("deploy", "file-publishing", "lookup")
_PLANNING = ("lookup",)


class JobRole(Construct):
    """A role for the jobs whose tokens have one subject; it may assume roles of the CDK's bootstrap."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        provider_arn: str,
        subject: str,
        roles: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description=f"Jobs of GitHub Actions: {subject}",
            assumed_by=iam.WebIdentityPrincipal(
                provider_arn,
                # Both exactly: a pattern would allow other branches, repositories or environments.
                {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}},
            ),
        )
        prefix = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/cdk-{BOOTSTRAP_QUALIFIER}"
        named = [f"{prefix}-{role}-role-{Aws.ACCOUNT_ID}-{Aws.REGION}" for role in roles]
        self.role.add_to_policy(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=named))


class DeployRole(JobRole):
    """The role of the jobs that deploy one stage: the environment of its name on GitHub, with its approvals."""

    def __init__(self, scope: Construct, id_: str, *, stage: str, provider_arn: str, repository: str) -> None:
        subject = f"repo:{repository}:environment:{stage}"
        name = resource_name(stage, "pipeline")
        super().__init__(scope, id_, name=name, provider_arn=provider_arn, subject=subject, roles=_DEPLOYING)
        for statement in _after_deploying(stage):
            self.role.add_to_policy(statement)
        reason = "CloudFormation gives stacks, tables, secrets and keys a part of their name that is not known before."
        acknowledge(self, {f"AwsSolutions-IAM5[Resource::{_shown(one)}]": reason for one in _unnamed(stage)})


class PlanRole(JobRole):
    """The role of pull requests: it reads templates and changes nothing."""

    def __init__(self, scope: Construct, id_: str, *, provider_arn: str, repository: str) -> None:
        subject = f"repo:{repository}:pull_request"
        super().__init__(scope, id_, name="palier-plan", provider_arn=provider_arn, subject=subject, roles=_PLANNING)


def _after_deploying(stage: str) -> list[iam.PolicyStatement]:
    """Return the statements that `python -m cdk settle`, `rollback` and `url` need."""
    functions = [resource_name(stage, spec.name) for spec in FUNCTIONS]
    named = [f"{_arn('lambda')}:function:{name}" for name in functions]
    stacks, tables, secret, versions = _split(stage)
    return [
        iam.PolicyStatement(
            actions=["cloudformation:DescribeStacks", "cloudformation:ListStackResources"], resources=stacks
        ),
        iam.PolicyStatement(
            actions=[
                "lambda:GetAlias",
                "lambda:ListVersionsByFunction",
                "lambda:UpdateAlias",
                "lambda:DeleteFunction",
                "lambda:GetFunctionConfiguration",
            ],
            resources=[*named, *versions],
        ),
        iam.PolicyStatement(actions=["dynamodb:DescribeTable", "dynamodb:UpdateTable"], resources=tables),
        iam.PolicyStatement(
            actions=["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue"], resources=secret
        ),
        # Secrets Manager encrypts in the name of whoever writes; the key has no name but its alias.
        # Source: docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
        iam.PolicyStatement(
            actions=[*ENCRYPTED_READ_WRITE],
            resources=[_any_key()],
            conditions={
                "StringEquals": {"kms:ViaService": f"secretsmanager.{Aws.REGION}.{Aws.URL_SUFFIX}"},
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{resource_name(stage)}"},
            },
        ),
    ]


def _split(stage: str) -> tuple[list[str], list[str], list[str], list[str]]:
    prefix = resource_name(stage)
    versions = [f"{_arn('lambda')}:function:{resource_name(stage, spec.name)}:*" for spec in FUNCTIONS]
    return (
        [f"{_arn('cloudformation')}:stack/{prefix}-*"],
        [f"{_arn('dynamodb')}:table/{prefix}-*"],
        [f"{_arn('secretsmanager')}:secret:{key_secret_name(stage)}-*"],
        versions,
    )


def _unnamed(stage: str) -> list[str]:
    return [*(one for group in _split(stage) for one in group), _any_key()]


def _any_key() -> str:
    return f"{_arn('kms')}:key/*"


def _arn(service: str) -> str:
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}"


def _shown(arn: str) -> str:
    """Return an ARN as cdk-nag writes it."""
    shown = {Aws.PARTITION: "<AWS::Partition>", Aws.REGION: "<AWS::Region>", Aws.ACCOUNT_ID: "<AWS::AccountId>"}
    for token, name in shown.items():
        arn = arn.replace(token, name)
    return arn
