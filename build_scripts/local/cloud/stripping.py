"""Take out of a copy of the templates what the emulator cannot create; assertions on the templates cover it.

Templates that are deployed to AWS stay whole.
"""

import copy
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Resource = Mapping[str, Any]
Template = dict[str, Any]


def _always(_: Resource) -> bool:
    return True


def _computed(alarm: Resource) -> bool:
    return "Metrics" in alarm.get("Properties", {})


@dataclass(frozen=True)
class Removal:
    """A type of resource that is taken out, the reason, and `which` of the type; all by default."""

    type: str
    reason: str
    covered_by: str
    which: Callable[[Resource], bool] = _always


_NO_TLS = "refuses requests without TLS, and the emulator has none"

REMOVALS = (
    Removal(
        "AWS::SecretsManager::RotationSchedule", "no such type; rotates nothing", "tests/cdk/test_secrets_stack.py"
    ),
    Removal("AWS::WAFv2::WebACLAssociation", "no such type", "tests/cdk/test_protection_stack.py"),
    Removal("AWS::WAFv2::LoggingConfiguration", "no such type", "tests/cdk/test_protection_stack.py"),
    Removal("AWS::EC2::FlowLog", "no such type", "tests/cdk/test_network_stack.py"),
    Removal("AWS::Budgets::Budget", "no such type", "tests/cdk/test_observability.py"),
    Removal("AWS::XRay::SamplingRule", "no such service", "tests/cdk/test_observability.py"),
    Removal("AWS::CloudWatch::CompositeAlarm", "no such type", "tests/cdk/test_observability.py"),
    Removal(
        "AWS::CloudWatch::Alarm", "alarms on metric maths are rolled back", "tests/cdk/test_observability.py", _computed
    ),
    Removal("AWS::SQS::QueuePolicy", _NO_TLS, "tests/cdk/test_data_stack.py"),
    Removal("AWS::S3::BucketPolicy", _NO_TLS, "tests/cdk/test_data_stack.py"),
    Removal("AWS::CodeDeploy::Application", "no such service", "tests/cdk/test_api_stack.py"),
    Removal("AWS::CodeDeploy::DeploymentGroup", "no such service", "tests/cdk/test_api_stack.py"),
)


# IAM has no action for a batch: the one grants both. The emulator checks it under this name.
# Source: Amazon SQS developer guide, "Amazon SQS batch actions", Permissions
_ALSO = {"sqs:SendMessage": "sqs:SendMessageBatch"}


def strip(template: Template) -> tuple[Template, Counter[str]]:
    """Return a template without what the emulator cannot create, and how many of each type that was.

    What refers to a removed resource only in its order (`DependsOn`) or its outputs loses that; a reference from a
    property is left, so that the deployment fails instead of deploying something else.
    """
    resources: dict[str, Any] = template["Resources"]
    removed = {name for name, one in resources.items() if _is_removed(one)}
    kept = {name: _granted(_without(one, removed)) for name, one in resources.items() if name not in removed}
    outputs = {name: output for name, output in template.get("Outputs", {}).items() if not _mentions(output, removed)}
    return (
        template | {"Resources": kept} | ({"Outputs": outputs} if "Outputs" in template else {}),
        Counter(resources[name]["Type"] for name in removed),
    )


def strip_assembly(folder: Path) -> Counter[str]:
    """Strip every template of an assembly in place; returns how many of each type were removed."""
    removed: Counter[str] = Counter()
    for path in folder.glob("*.template.json"):
        stripped, count = strip(json.loads(path.read_bytes()))
        path.write_text(json.dumps(stripped, indent=1))
        removed += count
    return removed


def _is_removed(resource: Resource) -> bool:
    return any(one.type == resource["Type"] and one.which(resource) for one in REMOVALS)


def _without(resource: Resource, removed: set[str]) -> dict[str, Any]:
    changed = dict(resource)
    if "DependsOn" in changed:
        named = changed["DependsOn"]
        changed["DependsOn"] = [name for name in ([named] if isinstance(named, str) else named) if name not in removed]
    # CodeDeploy would shift the alias.
    if "CodeDeployLambdaAliasUpdate" in changed.get("UpdatePolicy", {}):
        del changed["UpdatePolicy"]
    return changed


def _granted(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a policy that grants what IAM grants with it under one name."""
    if resource["Type"] != "AWS::IAM::Policy":
        return resource
    changed = copy.deepcopy(resource)
    for statement in changed["Properties"]["PolicyDocument"].get("Statement", []):
        named = statement["Action"]
        actions = [named] if isinstance(named, str) else named
        statement["Action"] = [*actions, *(_ALSO[name] for name in actions if name in _ALSO)]
    return changed


def _mentions(value: Any, names: set[str]) -> bool:
    if isinstance(value, Mapping):
        return value.get("Ref") in names or any(_mentions(one, names) for one in value.values())
    if isinstance(value, list):
        return any(_mentions(one, names) for one in value)
    return isinstance(value, str) and value in names
