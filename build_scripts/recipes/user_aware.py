"""A user's network fine-tuned with the rounding of int8, its novelty fitted again, written as an integer model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import nn

from build_scripts.data.labelled import read_for
from build_scripts.data.records import LabelledRecords
from build_scripts.export.export import ExportedModel, export_network
from build_scripts.export.torch_export import ExportOptions
from build_scripts.measuring.outputs import agreement, run_records
from build_scripts.networks.head import FeatureNetwork, NoveltyNetwork
from build_scripts.networks.layouts import LayoutNetwork
from build_scripts.networks.logits import LogitsNetwork
from build_scripts.networks.trained import TrainedModel
from build_scripts.quantization.qat.any_network import AwareFile, AwareResult, train_aware
from build_scripts.quantization.qat.prepare import AwareConfig
from build_scripts.recipes.user_network import user_model
from build_scripts.recipes.user_novelty import user_novelty
from build_scripts.recipes.user_recipe import UserRecipe
from functions.core.models.engine import OnnxEngine


@dataclass(frozen=True)
class UserAware:
    """The result of a fine-tuning, and its comparison with float32 on the fitting records.

    fixed_length: why the file takes windows of one length alone, None where it takes others too; figures: accuracy of
    windows in float32 and in int8, and the share of windows on which both agree; size_bytes of both files.
    """

    result: AwareResult
    fixed_length: str | None
    figures: Mapping[str, float]
    size_bytes: Mapping[str, int]


def train_of_recipe(recipe: UserRecipe, checkpoint: Path, path: Path, config: AwareConfig) -> UserAware:
    """Fine-tune the network of a recipe on its training records, and write it to `path`.

    Raises:
        RecipeError, CheckpointError, DataError: recipe, checkpoint or records cannot be used.
        ExportError, ValidationFailed: the network cannot be exported, not even in float32.
        QuantizationError, FineTuningError, GateFailed: as `train_aware`.
    """
    content, description = recipe.content, recipe.description
    training, fitting = (
        read_for(recipe.path(named), description, content.model.channels)
        for named in (content.data.training, content.data.fitting)
    )
    model, version = user_model(recipe, checkpoint, training), content.model.version
    options = ExportOptions(content.export.exporter, content.export.opset, content.export.length)
    with TemporaryDirectory() as folder:
        exported = export_network(model, Path(folder) / "float32.onnx", version, options)
        target = AwareFile(path, version, options.opset, free_length=exported.fixed_length is None)
        result = train_user_network(model, training, target, config)
        return _compared(result, exported, fitting, description.window)


def train_user_network(
    model: TrainedModel, training: LabelledRecords, target: AwareFile, config: AwareConfig
) -> AwareResult:
    """Fine-tune a user's network with its rounding, and fit its novelty measure to what it has become.

    Raises:
        QuantizationError, FineTuningError, ExportError, GateFailed: as `train_aware`.
    """
    network, completed = model.network, _as_it_is
    if isinstance(network, NoveltyNetwork):
        network, completed = network.network, partial(_with_novelty, training, model.description.window)
    result = train_aware(replace(model, network=network), training, target, config, completed)
    return replace(result, layers=tuple(name.removeprefix(_prefix(network)) for name in result.layers))


def _as_it_is(network: nn.Module) -> nn.Module:
    return network


def _with_novelty(training: LabelledRecords, window: int, network: nn.Module) -> nn.Module:
    return NoveltyNetwork(network, user_novelty(network, training, window))


def _prefix(network: nn.Module) -> str:
    """Return what stands before the names of the user's own layers: her network lies inside of this project's."""
    prefix = ""
    while isinstance(network, FeatureNetwork | LogitsNetwork | LayoutNetwork):
        prefix, network = f"{prefix}network.", network.get_submodule("network")
    return prefix


def _compared(result: AwareResult, exported: ExportedModel, fitting: LabelledRecords, window: int) -> UserAware:
    files = {"float32": exported.path, "int8": result.path}
    outputs = {name: run_records(OnnxEngine(path), fitting, window, name) for name, path in files.items()}
    figures = {f"{name}_window_accuracy": one.window_accuracy for name, one in outputs.items()}
    figures["agreement"] = agreement(outputs["float32"], outputs["int8"])
    sizes = {name: path.stat().st_size for name, path in files.items()}
    return UserAware(result, exported.fixed_length, figures, sizes)
