"""The layers of a network that have prunable weights, by name."""

from build_scripts.networks.network import NetworkConfig

HEAD = "head"


def convolution(stage: int) -> str:
    """Return the name of a stage's convolution."""
    return f"stages.{stage}.0"


def normalisation(stage: int) -> str:
    """Return the name of a stage's batch normalisation."""
    return f"stages.{stage}.1"


def layer_names(network: NetworkConfig) -> tuple[str, ...]:
    """Return the names of all convolutions and of the head, in order; each has a `weight`."""
    return (*(convolution(stage) for stage in range(len(network.stages))), HEAD)
