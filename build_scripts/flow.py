"""The whole build: recipe -> records -> checkpoint -> ONNX -> int8 -> calibration -> gates -> package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from build_scripts.calibrate import calibrate
from build_scripts.checkpoint import load_checkpoint, save_checkpoint
from build_scripts.cross_validate import leave_one_load_out, together
from build_scripts.cwru_split import RecordingPart
from build_scripts.errors import DataError, QuantizationError
from build_scripts.export import ExportedModel, export
from build_scripts.measure import ModelOutputs, measure
from build_scripts.outputs import RecordOutputs, run_records
from build_scripts.package import ModelFile, Notes, PackageContent, package, require_new
from build_scripts.quantize import METHOD, quantize
from build_scripts.recipe import DataSource, ModelRecipe
from build_scripts.records import LabelledRecords, RecordSet, read_records, write_records
from build_scripts.simulate import SimulationConfig, simulate
from build_scripts.strangers import novel_shares
from build_scripts.train import train
from functions.core.arrays import Float32Array
from functions.core.engine import OnnxEngine
from functions.core.manifest import NoveltyRule


@dataclass(frozen=True)
class Destination:
    """Where a build leaves its work files and its package, under which version, and whether it replaces one."""

    work: Path
    models: Path
    version: str = "1"
    force: bool = False


@dataclass(frozen=True)
class Material:
    """What records are made of: processes that simulate, and the folder of recordings for a recipe that needs one."""

    workers: int = 1
    data: Path | None = None


def build_from_scratch(
    recipe: ModelRecipe, checkpoint: Path, destination: Destination, material: Material = Material()
) -> Path:
    """Get the records, train and package a recipe's model; an interrupted run goes on from its work files.

    Raises:
        BuildError: a step cannot give what it promises.
    """
    require_new(destination.models / recipe.description.name / destination.version, force=destination.force)
    records = records_of(recipe.training_records, destination.work, material)
    trained = train(records, recipe.description, recipe.network, recipe.training, destination.work / "training.pt")
    save_checkpoint(trained, checkpoint)
    return build_package(recipe, checkpoint, destination, material)


def records_of(source: DataSource, work: Path, material: Material) -> LabelledRecords:
    """Return the records a recipe names: simulated ones, or a part of the folder of recordings.

    Raises:
        DataError: the recipe needs a folder of recordings and none is named, or the folder will not do.
    """
    if isinstance(source, SimulationConfig):
        return simulated(work, source, material.workers)
    if material.data is None:
        raise DataError("This model's recordings do not come with the project: name their folder with --data DIR.")
    return source.load(material.data)


def simulated(work: Path, config: SimulationConfig, workers: int) -> RecordSet:
    """Read the records of a simulation from the work folder, simulating them first where they are missing."""
    path = work / f"records-{config.seed}-{config.records_per_cell}.npz"
    if not path.exists():
        write_records(simulate(replace(config, workers=workers)), path)
    return read_records(path)


def build_package(
    recipe: ModelRecipe, checkpoint: Path, destination: Destination, material: Material = Material()
) -> Path:
    """Export, quantize, calibrate, prove and package a trained checkpoint.

    Raises:
        BuildError: a step cannot give what it promises, or a gate fails.
    """
    require_new(destination.models / recipe.description.name / destination.version, force=destination.force)
    work = destination.work
    training = records_of(recipe.training_records, work, material)
    exported = export(load_checkpoint(checkpoint), work / "model_fp32.onnx", destination.version)
    windows = calibration_windows(training, recipe.description.window, recipe.calibration_windows)
    integer = quantize(exported.path, windows, work / "model_int8.onnx", recipe.quantization)
    content = _content(recipe, checkpoint, exported, integer, work, material)
    return package(content, destination.models, destination.version, force=destination.force)


def calibration_windows(records: LabelledRecords, window: int, count: int) -> Float32Array:
    """Return `count` windows float32 [count, 1, window], one of each of evenly spread records.

    Raises:
        QuantizationError: count is below 1.
    """
    if count < 1:
        raise QuantizationError(f"Calibration needs at least one window, not {count}.")
    spread = np.linspace(0, len(records) - 1, count).astype(int)
    return np.concatenate([records.windows(index, window)[:1] for index in spread])


def _content(
    recipe: ModelRecipe, checkpoint: Path, exported: ExportedModel, integer: Path, work: Path, material: Material
) -> PackageContent:
    window = recipe.description.window
    unseen = records_of(recipe.unseen_records, work, material)
    served = OnnxEngine(integer)
    int8 = run_records(served, unseen, window, "int8")
    fitting = _fitting(recipe, served, work, material)
    calibration = calibrate(together(fitting.values()), int8, recipe.false_alarm_rate)
    fp32 = run_records(OnnxEngine(exported.path), unseen, window, "fp32")
    measured = measure(exported, integer, ModelOutputs(fp32, int8), calibration)
    settings = recipe.quantization.settings(recipe.calibration_windows)
    return PackageContent(
        description=recipe.description,
        channels=recipe.network.channels,
        files=(ModelFile("fp32", exported.path, "torch-dynamo", {}), ModelFile("int8", integer, METHOD, settings)),
        calibration=calibration,
        measured=measured,
        records=len(unseen),
        windows=len(int8.window_label),
        data=recipe.data,
        limits=recipe.limits,
        checkpoint=checkpoint,
        notes=_notes(recipe, fitting, served, unseen, calibration.novelty),
    )


def _fitting(recipe: ModelRecipe, served: OnnxEngine, work: Path, material: Material) -> dict[int, RecordOutputs]:
    """Outputs to calibrate by: of the model for records of their own, or of networks for the load each was denied."""
    source = recipe.fitting_records
    if isinstance(source, RecordingPart) and material.data is not None:
        return leave_one_load_out(recipe, material.data, work)
    records = records_of(source, work, material)
    return {0: run_records(served, records, recipe.description.window, "fitting")}


def _notes(
    recipe: ModelRecipe,
    fitting: dict[int, RecordOutputs],
    engine: OnnxEngine,
    unseen: LabelledRecords,
    rule: NoveltyRule,
) -> Notes:
    """What only a model of recordings is asked: accuracy on each load held out, and which strangers it notices."""
    if not isinstance(recipe.training_records, RecordingPart):
        return {}
    shares = {f"load {load}": outputs.window_accuracy for load, outputs in fitting.items()}
    novel = novel_shares(engine, rule, unseen, recipe.description.window)
    return {"held_out_window_accuracy": shares, "novel_share": novel}
