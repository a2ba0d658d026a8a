"""A user's network: made by her own file, filled with her weights, and given a measure of novelty."""

import importlib.util
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from build_scripts.data.records import LabelledRecords
from build_scripts.errors import CheckpointError, DataError, RecipeError
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.novelty import Distance, NoveltyModel, fit_novelty
from build_scripts.networks.trained import DISTANCE, LOGITS, TrainedModel
from build_scripts.recipes.user_recipe import NetworkPart, UserRecipe
from build_scripts.training.foreign_signals import exposure
from functions.core.preprocessing.arrays import Float32Array

# Where training scripts keep the weights beside other things.
STATE_KEYS = ("state_dict", "model_state_dict", "model")
NOVELTY_WINDOWS, BATCH, SEED = 2048, 64, 0


class FeatureNetwork(nn.Module):
    """A network and what its head is given: signal float32 [B, C, T] to logits [B, K] and features [B, F]."""

    def __init__(self, network: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.network = network
        self._given: list[Tensor] = []
        head.register_forward_pre_hook(self._keep)

    def _keep(self, _head: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        self._given[:] = arguments

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits float32 [B, K] and features float32 [B, F]."""
        logits = self.network(signal)
        return logits, self._given.pop()


class NoveltyNetwork(nn.Module):
    """What is exported: signal float32 [B, C, T] to logits float32 [B, K] and distance float32 [B]."""

    def __init__(self, network: nn.Module, novelty: NoveltyModel) -> None:
        super().__init__()
        self.network, self.distance = network, Distance(novelty)

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits float32 [B, K] and distance float32 [B]."""
        logits, features = self.network(signal)
        return logits, self.distance(features)


def user_model(recipe: UserRecipe, checkpoint: Path, training: LabelledRecords) -> TrainedModel:
    """Build a user's network with its weights and fit its novelty measure on windows of the training records.

    A network without a linear head on flat features has no distance; its package measures no novelty.

    Raises:
        RecipeError: the network's file does not make one, or its logits do not fit the recipe.
        CheckpointError: the checkpoint is none, holds code, or does not fit the network.
        DataError: the training records lack a class.
    """
    content = recipe.content
    network = make_network(recipe.path(content.network.file), content.network)
    fill(network, read_weights(checkpoint))
    network.eval()
    description, channels = recipe.description, content.model.channels
    _check_logits(network, channels, description.window, len(description.classes))
    head = _head(network, content.network.head)
    outputs: tuple[str, ...] = (LOGITS,)
    if head is not None:
        featured = FeatureNetwork(network, head)
        if _features(featured, torch.zeros(2, channels, description.window)).dim() == 2:
            network = NoveltyNetwork(featured, _novelty(featured, training, description.window)).eval()
            outputs = (LOGITS, DISTANCE)
    return TrainedModel(description, channels, network, outputs, checkpoint)


def make_network(file: Path, part: NetworkPart) -> nn.Module:
    """Import a Python file and call the factory in it.

    Raises:
        RecipeError: the file is missing or does not import, has no such factory, or the factory makes no module.
    """
    factory = getattr(_imported(file), part.factory, None)
    if not callable(factory):
        raise RecipeError(f"{file} has no class or function {part.factory!r}.")
    try:
        network = factory(**part.arguments)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{part.factory} of {file} does not take these arguments: {error}.") from error
    if not isinstance(network, nn.Module):
        raise RecipeError(f"{part.factory} of {file} makes a {type(network).__name__}, not a torch.nn.Module.")
    return network


def _imported(file: Path) -> object:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if not file.exists() or spec is None or spec.loader is None:
        raise RecipeError(f"There is no Python file {file}.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (ImportError, SyntaxError, NameError) as error:
        raise RecipeError(f"{file} does not import: {error}.") from error
    return module


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a state_dict, alone or under a usual key, without running anything in the file.

    Raises:
        CheckpointError: the file is missing, holds more than tensors (a whole pickled module), or no weights.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} holds code, not only weights; it is not run. Save the weights: torch.save(model.state_dict(), F)."
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise CheckpointError(f"{path} is not a readable checkpoint: {error}") from error
    for part in [content, *(content[key] for key in STATE_KEYS if isinstance(content, Mapping) and key in content)]:
        if isinstance(part, Mapping) and part and all(isinstance(value, Tensor) for value in part.values()):
            return dict(part)
    raise CheckpointError(f"{path} has no weights: neither a state_dict nor one under {', '.join(STATE_KEYS)}.")


def fill(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Give a network its weights.

    Raises:
        CheckpointError: names or shapes do not fit.
    """
    try:
        network.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise CheckpointError(f"The weights do not fit the network: {' '.join(str(error).split())}") from error


def _check_logits(network: nn.Module, channels: int, window: int, classes: int) -> None:
    try:
        with torch.no_grad():
            logits = network(torch.zeros(2, channels, window))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        shape = [2, channels, window]
        raise RecipeError(f"The network does not take float32 {shape}: {' '.join(str(error).split())}") from error
    if not isinstance(logits, Tensor) or list(logits.shape) != [2, classes]:
        gives = list(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise RecipeError(f"For two windows the network gives {gives}; {classes} classes need [2, {classes}].")


def _head(network: nn.Module, name: str | None) -> nn.Module | None:
    modules = dict(network.named_modules())
    if name is not None and name not in modules:
        raise RecipeError(f"The network has no layer {name!r}; it has {', '.join(filter(None, modules))}.")
    linear = [module for module in modules.values() if isinstance(module, nn.Linear)]
    return modules[name] if name is not None else (linear[-1] if linear else None)


def _features(network: nn.Module, windows: Tensor) -> Tensor:
    with torch.no_grad():
        features: Tensor = network(windows)[1]
    return features


def _novelty(network: nn.Module, records: LabelledRecords, window: int) -> NoveltyModel:
    rng = np.random.default_rng(SEED)
    chosen = rng.integers(0, len(records), max(NOVELTY_WINDOWS, len(records)))
    if missing := set(range(len(records.class_names))) - set(records.label[chosen].tolist()):
        raise DataError(f"The training records have none of class {records.class_names[min(missing)]!r}.")
    known: list[Float32Array] = []
    strange: list[Float32Array] = []
    for part in np.array_split(chosen, len(chosen) // BATCH):
        windows = records.random_windows(part, window, rng)
        known.append(_features(network, torch.from_numpy(windows)).numpy())
        outliers = torch.from_numpy(exposure(rng, windows, 1, records.sample_rate_hz))
        strange.append(_features(network, outliers).numpy())
    return fit_novelty(np.concatenate(known), records.label[chosen], np.mean(strange, axis=0))


def with_novelty(network: nn.Module, records: LabelledRecords, description: ModelDescription) -> NoveltyNetwork:
    """Return a network that gives logits and features with a novelty measure fitted to windows of records."""
    return NoveltyNetwork(network, _novelty(network, records, description.window)).eval()
