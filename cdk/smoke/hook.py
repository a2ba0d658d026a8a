"""The smoke test of a new version: CodeDeploy calls it, and sends no request to a version that fails it.

This text is deployed as it stands, without the bundle: it must not depend on what it tests.
"""

import json
import logging
import re
from typing import Any

# As functions/core/lambda_host/starting.py takes it; a test holds both together.
PROBE = {"palier": "probe"}


def handler(event: dict[str, str], _: object) -> None:
    """Ask the version that a deployment is about, and report to CodeDeploy whether it did its work.

    Source: AWS CodeDeploy user guide, "AppSpec 'hooks' section for an AWS Lambda deployment"
    """
    # Late: the runtime brings it.
    import boto3

    deployments = boto3.client("codedeploy")
    passed = False
    try:
        revision = deployments.get_deployment(deploymentId=event["DeploymentId"])["deploymentInfo"]["revision"]
        passed = passes(boto3.client("lambda"), *target(revision))
    finally:
        deployments.put_lifecycle_event_hook_execution_status(
            deploymentId=event["DeploymentId"],
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status="Succeeded" if passed else "Failed",
        )


def passes(functions: Any, name: str, version: str) -> bool:
    """Whether a version of a function answers the probe; the line of the log has what it raised."""
    answer = functions.invoke(FunctionName=name, Qualifier=version, Payload=json.dumps(PROBE))
    passed = "FunctionError" not in answer
    raised = answer["Payload"].read(2000).decode(errors="replace")
    logging.getLogger().warning("smoke test of %s version %s: %s", name, version, "passed" if passed else raised)
    return passed


def target(revision: dict[str, Any]) -> tuple[str, str]:
    """Return the function and the version that a deployment is about, from its AppSpec in JSON or YAML."""
    content = (revision.get("appSpecContent") or revision["string"])["content"]
    return _value("Name", content), _value("TargetVersion", content)


def _value(key: str, content: str) -> str:
    found = re.search(rf"""["']?\b{key}["']?\s*:\s*["']?([\w-]+)""", content)
    if found is None:
        raise ValueError(f"The AppSpec of the deployment has no {key}.")
    return found[1]
