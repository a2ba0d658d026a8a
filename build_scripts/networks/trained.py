"""A trained network ready to be exported, wherever it comes from: this project's checkpoint or a user's module."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from build_scripts.networks.checkpoint import Checkpoint, ModelDescription, load_checkpoint, restore_network

LOGITS, DISTANCE = "logits", "distance"


@dataclass(frozen=True)
class TrainedModel:
    """A network in evaluation mode, what it is for, and the file its weights came from.

    network takes signal float32 [B, channels, T] and gives `outputs`: logits float32 [B, K], and where novelty is
    measured also distance float32 [B].
    """

    description: ModelDescription
    channels: int
    network: nn.Module
    outputs: tuple[str, ...]
    checkpoint: Path


def trained_model(path: Path) -> TrainedModel:
    """Read a checkpoint of this project.

    Raises:
        CheckpointError: the file is none, or its weights do not fit its network.
    """
    return model_of(load_checkpoint(path), path)


def model_of(checkpoint: Checkpoint, path: Path = Path()) -> TrainedModel:
    """Return the network of a checkpoint that was read from `path`.

    Raises:
        CheckpointError: the weights do not fit the network.
    """
    network, channels = restore_network(checkpoint), checkpoint.network.channels
    return TrainedModel(checkpoint.description, channels, network, (LOGITS, DISTANCE), path)
