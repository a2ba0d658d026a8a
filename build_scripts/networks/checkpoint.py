"""Checkpoint files of trained models: weights and their description, and no code."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from build_scripts.errors import CheckpointError
from build_scripts.networks.checkpoint_files import not_readable
from build_scripts.networks.network import BearingNetwork, NetworkConfig, Stage
from build_scripts.networks.novelty import NoveltyModel, ServedNetwork
from build_scripts.networks.weights import BROKEN
from functions.core.models.manifest import Condition

FORMAT = 1


@dataclass(frozen=True)
class ModelDescription:
    """Description of a model: name, title, classes (id, name) in label order, and its inputs.

    conditions of operation are the columns of a second input; this project's own networks take none.
    """

    name: str
    title: str
    classes: tuple[tuple[str, str], ...]
    window: int
    sample_rate_hz: float
    unit: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """Description, network, weights and novelty model, with the training's settings and figures."""

    description: ModelDescription
    network: NetworkConfig
    weights: dict[str, Tensor]
    novelty: NoveltyModel
    training: dict[str, float]
    metrics: dict[str, float]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> Path:
    """Write a checkpoint that `torch.load(weights_only=True)` reads, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = asdict(checkpoint) | {"format": FORMAT}
    del content["description"]["conditions"]
    for option in ("normalise", "centre"):
        # Checkpoints from before an option are without it: a rebuilt one has the same bytes.
        if not content["network"][option]:
            del content["network"][option]
    novelty = checkpoint.novelty
    content["novelty"] = {"projection": torch.from_numpy(novelty.projection), "means": torch.from_numpy(novelty.means)}
    torch.save(content, path)
    return path


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint without running anything in it.

    Raises:
        CheckpointError: the file is missing, is no checkpoint of this format, or lacks a part.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (*BROKEN, UnpicklingError) as error:
        refusal = f"{path} is not a readable checkpoint of this project; copy it whole, or train the model anew."
        raise CheckpointError((path.is_file() and not_readable(path)) or refusal) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of format {FORMAT}; train the model anew.")
    try:
        return _from_content(content)
    except KeyError as error:
        raise CheckpointError(
            f"{path} lacks the part {error.args[0]} of a checkpoint; train the model anew."
        ) from error
    except (TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} has parts of another form than a checkpoint; train the model anew.") from error


def _from_content(content: dict[str, Any]) -> Checkpoint:
    network = content["network"]
    stages = tuple(Stage(**stage) for stage in network["stages"])
    novelty = {name: array.numpy() for name, array in content["novelty"].items()}
    return Checkpoint(
        description=ModelDescription(**content["description"]),
        network=NetworkConfig(**{**network, "stages": stages}),
        weights=content["weights"],
        novelty=NoveltyModel(**novelty),
        training=content["training"],
        metrics=content["metrics"],
    )


def restore_network(checkpoint: Checkpoint) -> ServedNetwork:
    """Build the network of a checkpoint with its weights, ready to run.

    Raises:
        CheckpointError: the weights do not fit the network.
    """
    network = BearingNetwork(checkpoint.network)
    try:
        network.load_state_dict(checkpoint.weights)
    except RuntimeError as error:
        refusal = "The weights do not fit the network that the checkpoint describes; train the model anew."
        raise CheckpointError(refusal) from error
    return ServedNetwork(network, checkpoint.novelty).eval()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
