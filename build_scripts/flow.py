"""The whole build: recipe -> records -> checkpoint -> ONNX -> int8 -> calibration -> gates -> package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from build_scripts.calibrate import calibrate
from build_scripts.checkpoint import load_checkpoint, save_checkpoint
from build_scripts.errors import QuantizationError
from build_scripts.export import ExportedModel, export
from build_scripts.measure import ModelOutputs, measure
from build_scripts.outputs import run_records
from build_scripts.package import ModelFile, PackageContent, package, require_new
from build_scripts.quantize import METHOD, quantize
from build_scripts.recipe import ModelRecipe
from build_scripts.records import RecordSet, read_records, write_records
from build_scripts.simulate import SimulationConfig, simulate
from build_scripts.train import train
from functions.core.arrays import Float32Array
from functions.core.engine import OnnxEngine


@dataclass(frozen=True)
class Destination:
    """Where a build leaves its work files and its package, under which version, and whether it replaces one."""

    work: Path
    models: Path
    version: str = "1"
    force: bool = False


def build_from_scratch(recipe: ModelRecipe, checkpoint: Path, destination: Destination, workers: int = 1) -> Path:
    """Simulate, train and package a recipe's model; an interrupted run goes on from its work files.

    Raises:
        BuildError: a step cannot give what it promises.
    """
    require_new(destination.models / recipe.description.name / destination.version, force=destination.force)
    records = simulated(destination.work, recipe.training_records, workers)
    trained = train(records, recipe.description, recipe.network, recipe.training, destination.work / "training.pt")
    save_checkpoint(trained, checkpoint)
    return build_package(recipe, checkpoint, destination, workers)


def simulated(work: Path, config: SimulationConfig, workers: int) -> RecordSet:
    """Read the records of a simulation from the work folder, simulating them first where they are missing."""
    path = work / f"records-{config.seed}-{config.records_per_cell}.npz"
    if not path.exists():
        write_records(simulate(replace(config, workers=workers)), path)
    return read_records(path)


def build_package(recipe: ModelRecipe, checkpoint: Path, destination: Destination, workers: int = 1) -> Path:
    """Export, quantize, calibrate, prove and package a trained checkpoint.

    Raises:
        BuildError: a step cannot give what it promises, or a gate fails.
    """
    require_new(destination.models / recipe.description.name / destination.version, force=destination.force)
    work = destination.work
    training = simulated(work, recipe.training_records, workers)
    exported = export(load_checkpoint(checkpoint), work / "model_fp32.onnx", destination.version)
    windows = calibration_windows(training, recipe.description.window, recipe.calibration_windows)
    integer = quantize(exported.path, windows, work / "model_int8.onnx", recipe.quantization)
    content = _content(recipe, checkpoint, exported, integer, work, workers)
    return package(content, destination.models, destination.version, force=destination.force)


def calibration_windows(records: RecordSet, window: int, count: int) -> Float32Array:
    """Return `count` windows float32 [count, 1, window], one of each of evenly spread records.

    Raises:
        QuantizationError: count is below 1.
    """
    if count < 1:
        raise QuantizationError(f"Calibration needs at least one window, not {count}.")
    spread = np.linspace(0, len(records) - 1, count).astype(int)
    return np.concatenate([records.windows(index, window)[:1] for index in spread])


def _content(
    recipe: ModelRecipe, checkpoint: Path, exported: ExportedModel, integer: Path, work: Path, workers: int
) -> PackageContent:
    window = recipe.description.window
    fitting = simulated(work, recipe.fitting_records, workers)
    unseen = simulated(work, recipe.unseen_records, workers)
    served = OnnxEngine(integer)
    int8 = run_records(served, unseen, window, "int8")
    calibration = calibrate(run_records(served, fitting, window, "fitting"), int8)
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
        data=f"{recipe.training_records.count} {recipe.data}",
        limits=recipe.limits,
        checkpoint=checkpoint,
    )
