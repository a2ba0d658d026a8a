"""The URL of a deployed stage's API."""

from typing import Any

from cdk.account.resources import is_not_deployed
from cdk.account.session import AccountError
from cdk.resource_names import resource_name
from cdk.stages import Stage

# The name of the API stack's output.
_OUTPUT = "Url"


def stage_url(stage: Stage, session: Any) -> str:
    """Return the URL of a stage's API.

    Raises:
        AccountError: the stage is not deployed in this account and region.
    """
    client, stack = session.client("cloudformation"), resource_name(stage.name, "api")
    missing = f"There is no stack {stack} in this account and region: make deploy STAGE={stage.name} first."
    try:
        (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    except client.exceptions.ClientError as error:
        if is_not_deployed(error):
            raise AccountError(missing) from None
        raise
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    if _OUTPUT not in outputs:
        raise AccountError(missing)
    return str(outputs[_OUTPUT])
