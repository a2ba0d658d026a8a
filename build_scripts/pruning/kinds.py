"""Choice of what is pruned: a share of the channels or of the weights, and the layers that have them, by name."""

from dataclasses import dataclass

from build_scripts.errors import PruningError
from build_scripts.networks.network import NetworkConfig

HEAD = "head"
NORMS = (1, 2)


@dataclass(frozen=True)
class Share:
    """A share of a network, above 0 and below 1.

    Raises:
        PruningError: the share is outside.
    """

    share: float

    @property
    def kind(self) -> str:
        """Name of the kind: `structured` or `unstructured`."""
        return type(self).__name__.lower()

    def __post_init__(self) -> None:
        if not 0.0 < self.share < 1.0:
            raise PruningError(f"The share to prune lies between 0 and 1, both left out; {self.share:g} does not.")


@dataclass(frozen=True)
class Structured(Share):
    """A share of the output channels of every stage.

    norm: 1 or 2, of a channel's weights; multiple: what is left of a stage is a multiple of it, for
    onnxruntime's convolutions work on 8 channels at a time (AVX2, NEON) or on 16 (AVX-512) and pad what is
    not; 1 leaves any count.

    Raises:
        PruningError: a norm other than 1 and 2, or a multiple below 1.
    """

    norm: int = 2
    multiple: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.norm not in NORMS:
            raise PruningError(f"Channels are ranked by the norm 1 or 2, not {self.norm}.")
        if self.multiple < 1:
            raise PruningError(f"Channels are left in multiples of 1 or more, not {self.multiple}.")


@dataclass(frozen=True)
class Unstructured(Share):
    """A share of the weights of all convolutions and the head together."""


Pruning = Structured | Unstructured


def convolution(stage: int) -> str:
    """Return the name of a stage's convolution."""
    return f"stages.{stage}.0"


def normalisation(stage: int) -> str:
    """Return the name of a stage's batch normalisation."""
    return f"stages.{stage}.1"


def layer_names(network: NetworkConfig) -> tuple[str, ...]:
    """Return the names of all convolutions and of the head, in order; each has a `weight`."""
    return (*(convolution(stage) for stage in range(len(network.stages))), HEAD)
