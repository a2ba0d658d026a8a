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
from build_scripts.networks.trained import TrainedModel
from build_scripts.quantization.qat.any_network import AwareFile, AwareResult, train_aware
from build_scripts.quantization.qat.prepare import AwareConfig
from build_scripts.recipes.user_network import NoveltyNetwork, user_model, with_novelty
from build_scripts.recipes.user_recipe import UserRecipe
from functions.core.models.engine import OnnxEngine


@dataclass(frozen=True)
class UserAware:
    """What a fine-tuning gave, and how the file compares with float32 on the fitting records.

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
        RecipeError, CheckpointError, DataError: recipe, checkpoint or records will not do.
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
    network, wrapped = model.network, 0
    completed = _as_it_is
    if isinstance(network, NoveltyNetwork):
        network, wrapped = network.network, 1
        completed = partial(with_novelty, records=training, description=model.description)
    result = train_aware(replace(model, network=network), training, target, config, completed)
    # The user's network lies inside of those that this project puts around it.
    own = tuple(name.removeprefix("network." * wrapped) for name in result.layers)
    return replace(result, layers=own)


def _as_it_is(network: nn.Module) -> nn.Module:
    return network


def _compared(result: AwareResult, exported: ExportedModel, fitting: LabelledRecords, window: int) -> UserAware:
    files = {"float32": exported.path, "int8": result.path}
    outputs = {name: run_records(OnnxEngine(path), fitting, window, name) for name, path in files.items()}
    figures = {f"{name}_window_accuracy": one.window_accuracy for name, one in outputs.items()}
    figures["agreement"] = agreement(outputs["float32"], outputs["int8"])
    sizes = {name: path.stat().st_size for name, path in files.items()}
    return UserAware(result, exported.fixed_length, figures, sizes)
