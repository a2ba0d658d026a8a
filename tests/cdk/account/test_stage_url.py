"""The URL is the output of the deployed stack."""

import json
from typing import Any

import pytest

from cdk.account.session import AccountError
from cdk.account.stage_url import stage_url
from tests.cdk.stage_variants import DEV
from tests.cdk.templates import Assembly


def test_the_url_is_the_stack_s_output(session: Any, assembly: Assembly) -> None:
    assert "Url" in assembly.template("dev", "api").document["Outputs"]
    topic = {"Type": "AWS::SNS::Topic", "Properties": {}}
    template = {"Resources": {"T": topic}, "Outputs": {"Url": {"Value": "https://api.plant.internal/"}}}
    session.client("cloudformation").create_stack(StackName="palier-dev-api", TemplateBody=json.dumps(template))
    assert stage_url(DEV, session) == "https://api.plant.internal/"


def test_a_stage_that_is_not_deployed_is_a_sentence(session: Any) -> None:
    with pytest.raises(AccountError, match=r"There is no stack palier-dev-api .*: make deploy STAGE=dev first"):
        stage_url(DEV, session)
