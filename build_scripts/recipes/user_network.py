"""A user's network: made by her own file or read from a program, filled with her weights, and measuring novelty."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from build_scripts.data.progress import Progress
from build_scripts.data.records import LabelledRecords
from build_scripts.errors import DataError, RecipeError
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.conditions import Inputs, silence, with_rows
from build_scripts.networks.filling import fill
from build_scripts.networks.head import FeatureNetwork, NoveltyNetwork, find_head
from build_scripts.networks.logits import LogitsNetwork, check_logits
from build_scripts.networks.novelty import NoveltyModel, fit_novelty
from build_scripts.networks.programs import read_program
from build_scripts.networks.trained import DISTANCE, LOGITS, TrainedModel
from build_scripts.networks.user_code import user_code
from build_scripts.networks.user_module import make_network
from build_scripts.networks.weights import read_weights
from build_scripts.recipes.user_recipe import NetworkPart, UserRecipe
from build_scripts.training.foreign_signals import exposure
from functions.core.models.manifest import Condition
from functions.core.preprocessing.arrays import Float32Array

log = logging.getLogger("build")

NOVELTY_WINDOWS, BATCH, SEED = 2048, 64, 0
# Windows of the training records that a network is tried with.
TRIED = 64


def user_model(recipe: UserRecipe, checkpoint: Path, training: LabelledRecords) -> TrainedModel:
    """Build a user's network with its weights and fit its novelty measure on windows of the training records.

    A network without a linear head on flat features has no distance; its package measures no novelty.

    Raises:
        RecipeError: the network's file does not make one, or its logits do not fit the recipe.
        CheckpointError: the checkpoint is none, holds code, or does not fit the network.
        DataError: the training records lack a class.
    """
    part, description, channels = recipe.content.network, recipe.description, recipe.content.model.channels
    plain = plain_network(recipe, checkpoint)
    _require_input(plain, (2, channels, description.window), description.conditions)
    inputs = _spread_inputs(training, description.window)
    network = logits_network(plain, part, inputs, len(description.classes))
    with torch.no_grad(), user_code("The network does not run on windows of the training records"):
        head = find_head(network, plain, inputs, part.head)
    outputs: tuple[str, ...] = (LOGITS,)
    if head is None:
        log.info("no linear layer of the network leads to its logits alone: the package measures no novelty")
    else:
        log.info("novelty is measured on the input of the layer %s", head.name)
        featured = FeatureNetwork(network, head)
        network = NoveltyNetwork(featured, _novelty(featured, training, description)).eval()
        outputs = (LOGITS, DISTANCE)
    return TrainedModel(description, channels, network, outputs, checkpoint)


def plain_network(recipe: UserRecipe, checkpoint: Path) -> nn.Module:
    """Return the network of a recipe as its file makes it, with the checkpoint's weights, in evaluation mode.

    Without a file in the recipe, the checkpoint is the network: TorchScript, or a program of torch.export.

    Raises:
        RecipeError: the network's file is missing or does not make one.
        CheckpointError: the checkpoint is none, holds code, or does not fit the network.
    """
    part, program = recipe.content.network, read_program(checkpoint)
    if part.file is None or part.factory is None:
        if program is None:
            read_weights(checkpoint)
            raise RecipeError(
                f"{checkpoint} holds weights alone: file and factory in [network] must name the code "
                "that makes the network."
            )
        return program
    network = make_network(recipe.path(part.file), part.factory, part.arguments)
    candidates = read_weights(checkpoint) if program is None else {"": dict(program.program.state_dict())}
    with user_code(f"The network of {part.file} does not take weights"):
        fill(network, candidates, checkpoint.name)
        return network.cpu().float().eval()


def logits_network(plain: nn.Module, part: NetworkPart, inputs: Inputs, classes: int) -> nn.Module:
    """Return a network that gives logits float32 [B, classes] alone, checked on windows float32 [n, C, window].

    Behind the windows stand conditions of operation, float32 [n, K], where the network takes some.

    Raises:
        RecipeError: it fails, gives several outputs or probabilities and the recipe does not say so, or no logits.
    """
    chosen = LogitsNetwork(plain, part.output, probabilities=False)
    with torch.no_grad(), user_code("The network does not run on windows of the training records"):
        check_logits(chosen(*inputs), len(inputs[0]), classes, part.gives)
    if part.gives == "probabilities":
        return LogitsNetwork(plain, part.output, probabilities=True).eval()
    return plain if part.output is None else chosen.eval()


def _require_input(network: nn.Module, shape: tuple[int, int, int], conditions: Sequence[Condition]) -> None:
    second = f" and conditions [2, {len(conditions)}]" if conditions else ""
    with torch.no_grad(), user_code(f"The network does not take float32 {list(shape)}{second}"):
        network(*silence(shape, conditions))


def _spread_inputs(records: LabelledRecords, window: int) -> Inputs:
    indices = np.linspace(0, len(records) - 1, min(TRIED, len(records))).astype(int)
    windows = np.concatenate([records.windows(int(index), window)[:1] for index in indices])
    return with_rows(windows, None if records.conditions is None else records.conditions[indices])


def _features(network: FeatureNetwork, inputs: Inputs) -> Float32Array:
    with torch.no_grad(), user_code("The network does not run on windows of the training records"):
        features: Tensor = network(*inputs)[1]
    return features.numpy()


def _novelty(network: FeatureNetwork, records: LabelledRecords, description: ModelDescription) -> NoveltyModel:
    rng = np.random.default_rng(SEED)
    first = [_first(records, index) for index in range(len(records.class_names))]
    chosen = np.concatenate([rng.integers(0, len(records), max(NOVELTY_WINDOWS, len(records))), first])
    known: list[Float32Array] = []
    strange: list[Float32Array] = []
    parts: Sequence[np.typing.NDArray[np.int64]] = np.array_split(chosen, len(chosen) // BATCH)
    for part in Progress(parts, "fit novelty", "batch"):
        windows = records.random_windows(part, description.window, rng)
        rows = None if records.conditions is None else records.conditions[part]
        known.append(_features(network, with_rows(windows, rows)))
        outliers = exposure(rng, windows, 1, records.sample_rate_hz)
        theirs = None if rows is None else np.resize(rows, (len(outliers), rows.shape[1]))
        strange.append(_features(network, with_rows(outliers, theirs)))
    return fit_novelty(np.concatenate(known), records.label[chosen], np.mean(strange, axis=0))


def _first(records: LabelledRecords, index: int) -> int:
    """Return the first record of a class: drawn at random, a rare class may be missed."""
    found = np.flatnonzero(records.label == index)
    if not len(found):
        raise DataError(f"The training records have none of class {records.class_names[index]!r}.")
    return int(found[0])
