"""cdk-nag's AwsSolutions rules and cfn-lint find nothing but what is acknowledged with a reason."""

import json

from cdk.stages import STAGES
from tests.cdk.linting import lint
from tests.cdk.templates import Assembly

# CDK orders resources by DependsOn even where a reference does it already.
IGNORED = ["W3005"]


def test_no_finding_is_left(assembly: Assembly) -> None:
    found = [
        f"{one['ruleName']} {construct['constructPath']}"
        for one in assembly.findings()
        for construct in one["violatingConstructs"]
    ]
    assert found == []


def test_every_acknowledgement_has_its_reason(assembly: Assembly) -> None:
    entries = [
        entry["data"]
        for path in assembly.folder.rglob("*.metadata.json")
        for construct in json.loads(path.read_bytes()).values()
        for entry in construct
        if entry["type"] == "aws:cdk:acknowledged-rules"
    ]
    assert entries


def test_cfn_lint_is_silent(assembly: Assembly) -> None:
    files = assembly.files()
    assert len(files) > len(STAGES)
    assert [str(match) for match in lint(files, IGNORED)] == []
