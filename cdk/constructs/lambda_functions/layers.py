"""Lambda layers and the runtime of the bundle."""

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.bundle import Bundle
from cdk.stage_parts import Architecture

ARCHITECTURES: dict[Architecture, lambda_.Architecture] = {
    "arm64": lambda_.Architecture.ARM_64,
    "x86_64": lambda_.Architecture.X86_64,
}


def runtime_of(bundle: Bundle) -> lambda_.Runtime:
    """Return the Lambda runtime that the bundle's bytecode is for."""
    return lambda_.Runtime(
        bundle.runtime, lambda_.RuntimeFamily.PYTHON, supports_inline_code=True, supports_snap_start=True
    )


def layer(scope: Construct, id_: str, *, kind: str, bundle: Bundle, architecture: Architecture) -> lambda_.LayerVersion:
    """Return a new version of the layer `runtime` or `models`, of exactly the file that was built."""
    return lambda_.LayerVersion(
        scope,
        id_,
        code=lambda_.Code.from_asset(str(bundle.layer(kind, architecture))),
        compatible_architectures=[ARCHITECTURES[architecture]],
        compatible_runtimes=[runtime_of(bundle)],
        description=f"Palier {kind}, {architecture}",
    )
