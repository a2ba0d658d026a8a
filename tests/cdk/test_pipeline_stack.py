"""What the pipeline of a repository may do: deploy the stages of its environments, and nothing else."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from cdk.functions import FUNCTIONS
from tests.cdk.templates import Template

REPOSITORY = "plant/vibration"
ISSUER = "token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None:
        pytest.skip("the CDK runs on Node.js, and there is none")
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "18,20"
    cdk = pytest.importorskip("aws_cdk")
    from cdk_nag import AwsSolutionsChecks

    from cdk.app import feature_flags
    from cdk.stacks.pipeline import PipelineStack

    folder = tmp_path_factory.mktemp("pipeline")
    app = cdk.App(
        outdir=str(folder), context=feature_flags(), builtin_cloud_formation_validation=False, tree_metadata=False
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    PipelineStack(app, "palier-pipeline", repository=REPOSITORY, stages=["dev", "prod"])
    app.synth()
    return folder


@pytest.fixture(scope="module")
def template(synthesized: Path) -> Template:
    return Template(json.loads((synthesized / "palier-pipeline.template.json").read_bytes()))


def test_github_is_the_provider_and_aws_the_audience(template: Template) -> None:
    provider = template.only("AWS::IAM::OIDCProvider")
    assert (provider["Url"], provider["ClientIdList"]) == (f"https://{ISSUER}", ["sts.amazonaws.com"])


def test_an_account_that_has_the_provider_keeps_it() -> None:
    """An account can have one, and the stack of another repository may have made it."""
    cdk = pytest.importorskip("aws_cdk")
    from aws_cdk.assertions import Template as Assertions

    from cdk.stacks.pipeline import PipelineStack

    stack = PipelineStack(cdk.App(), "roles", repository=REPOSITORY, stages=["dev"], makes_provider=False)
    found = Template(dict(Assertions.from_stack(stack).to_json()))
    assert found.all("AWS::IAM::OIDCProvider") == []
    role = found.named("AWS::IAM::Role", "RoleName", "palier-dev-pipeline")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"]["Federated"]["Fn::Join"][1][-1] == f":oidc-provider/{ISSUER}"


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("palier-dev-pipeline", "environment:dev"),
        ("palier-prod-pipeline", "environment:prod"),
        ("palier-plan", "pull_request"),
    ],
)
def test_a_role_is_for_one_subject_word_for_word(template: Template, name: str, subject: str) -> None:
    role = template.named("AWS::IAM::Role", "RoleName", name)
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    told = {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": f"repo:{REPOSITORY}:{subject}"}
    assert statement["Condition"] == {"StringEquals": told}


def policy_of(template: Template, role: str) -> list[dict[str, Any]]:
    logical = next(
        key for key, one in template.document["Resources"].items() if one.get("Properties", {}).get("RoleName") == role
    )
    (policy,) = [one for one in template.all("AWS::IAM::Policy") if one["Roles"] == [{"Ref": logical}]]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def test_a_pull_request_reads_templates_and_nothing_else(template: Template) -> None:
    (statement,) = policy_of(template, "palier-plan")
    assert statement["Action"] == "sts:AssumeRole"
    assert "cdk-hnb659fds-lookup-role-" in json.dumps(statement["Resource"])
    assert json.dumps(statement["Resource"]).count("cdk-hnb659fds") == 1


def test_a_stage_s_role_touches_no_other_stage(template: Template) -> None:
    statements = policy_of(template, "palier-dev-pipeline")
    assert "prod" not in json.dumps(statements)
    actions = {
        one
        for statement in statements
        for one in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert not [action for action in actions if "*" in action]
    functions = json.dumps(statements).count(":function:palier-dev-")
    assert functions == 2 * len(FUNCTIONS)


def test_a_stage_s_role_writes_the_first_ring_of_keys_with_the_stage_s_key_alone(template: Template) -> None:
    (statement,) = [one for one in policy_of(template, "palier-dev-pipeline") if "kms:GenerateDataKey" in one["Action"]]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/palier-dev"}
    assert "secretsmanager." in json.dumps(statement["Condition"]["StringEquals"]["kms:ViaService"])


def test_a_repository_has_an_owner() -> None:
    pytest.importorskip("aws_cdk")
    from cdk.refusals import StageError
    from cdk.stacks.pipeline import PipelineStack

    with pytest.raises(StageError, match="repository 'vibration' is none of GitHub; write OWNER/NAME"):
        PipelineStack(None, "palier-pipeline", repository="vibration", stages=["dev"])  # type: ignore[arg-type]


def test_cfn_lint_is_silent(synthesized: Path) -> None:
    cfn_lint = pytest.importorskip("cfnlint.api")
    config = pytest.importorskip("cfnlint.config")
    found = cfn_lint.lint_by_config(config.ManualArgs(templates=[str(synthesized / "palier-pipeline.template.json")]))
    assert [str(match) for match in found] == []
