"""The secrets stack: a secret that is created empty, rotated by a function that may do nothing else."""

import json

import pytest

from cdk.stages import Stage
from tests.cdk.templates import Assembly, Template


@pytest.fixture
def template(assembly: Assembly, stage: Stage) -> Template:
    return assembly.template(stage.name, "secrets")


def test_the_secret_is_empty_at_birth(template: Template, stage: Stage) -> None:
    secret = template.only("AWS::SecretsManager::Secret")
    assert secret["Name"] == f"palier/{stage.name}/api-keys"
    assert {"SecretString", "GenerateSecretString"}.isdisjoint(secret)
    assert "KmsKeyId" in secret


def test_expired_keys_go_every_day_but_not_at_once(template: Template) -> None:
    schedule = template.only("AWS::SecretsManager::RotationSchedule")
    assert schedule["RotationRules"] == {"AutomaticallyAfterDays": 1}
    assert schedule["RotateImmediatelyOnUpdate"] is False


def test_the_schedule_waits_for_its_permission(template: Template) -> None:
    (schedule,) = template.resources("AWS::SecretsManager::RotationSchedule")
    types = {template.document["Resources"][one]["Type"] for one in schedule["DependsOn"]}
    assert "AWS::Lambda::Permission" in types
    assert "AWS::IAM::Policy" in types


def test_only_secrets_manager_of_this_account_may_rotate(template: Template) -> None:
    permission = template.only("AWS::Lambda::Permission")
    assert permission["Principal"] == "secretsmanager.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_the_function_knows_its_secret(template: Template, stage: Stage) -> None:
    function = template.only("AWS::Lambda::Function")
    assert function["FunctionName"] == f"palier-{stage.name}-rotation"
    assert function["Handler"] == "functions.rotation.handler.handler"
    reference = function["Environment"]["Variables"]["PALIER_API_KEYS_SECRET"]
    assert template.document["Resources"][reference["Ref"]]["Type"] == "AWS::SecretsManager::Secret"
    assert len(function["Layers"]) == 1


def test_rotation_may_write_this_secret_and_no_other(template: Template, stage: Stage) -> None:
    (statement,) = [one for one in template.statements() if "secretsmanager" in json.dumps(one["Action"])]
    assert statement["Action"] == [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ]
    assert json.dumps(statement["Resource"]).endswith(f':secret:palier/{stage.name}/api-keys-??????"]]}}')


def test_the_data_key_opens_for_secrets_manager_only(template: Template) -> None:
    (statement,) = [one for one in template.statements() if "kms:Decrypt" in one["Action"]]
    service = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert service == {"Fn::Join": ["", ["secretsmanager.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]]}


def test_prod_keeps_its_keys(template: Template, stage: Stage) -> None:
    (secret,) = template.resources("AWS::SecretsManager::Secret")
    assert secret["DeletionPolicy"] == ("RetainExceptOnCreate" if stage.name == "prod" else "Delete")
