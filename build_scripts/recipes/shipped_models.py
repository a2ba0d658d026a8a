"""The shipped models from scratch: recipe -> records -> checkpoint -> package."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from build_scripts.data.cwru import SAMPLE_RATE_HZ as CWRU_SAMPLE_RATE_HZ
from build_scripts.data.cwru import read_folder, required_folder
from build_scripts.data.cwru_split import RecordingPart
from build_scripts.data.records import LabelledRecords, RecordSet, read_records, write_records
from build_scripts.data.simulate import SimulationConfig, simulate
from build_scripts.data.simulation.classes import CLASSES_WITH_LINES
from build_scripts.errors import DataError
from build_scripts.evidence.judged import Foreign, Strangers
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.networks.checkpoint import save_checkpoint
from build_scripts.networks.trained import trained_model
from build_scripts.packaging.build import BuildPlan, Destination, build
from build_scripts.packaging.package import Notes, require_new
from build_scripts.recipes.cross_validate import leave_one_load_out, together
from build_scripts.recipes.recipe import DataSource, ModelRecipe
from build_scripts.recipes.strangers import strangers_of_rig
from build_scripts.training.foreign_signals import EXAMPLES, Signals, examples
from build_scripts.training.train import train
from functions.core.models.engine import Engine
from functions.core.preprocessing.resampling import resample

log = logging.getLogger("build")


@dataclass(frozen=True)
class Material:
    """The sources of records: processes that simulate, and the folder of recordings for a recipe that needs one."""

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
    log.info("train %s on %d records, %d epochs", recipe.description.name, len(records), recipe.training.epochs)
    strangers = [
        simulated(destination.work, source, material.workers).of_classes(CLASSES_WITH_LINES)
        for source in recipe.strange_records
    ]
    state = destination.work / "training.pt"
    trained = train(records, recipe.description, recipe.network, recipe.training, state, strangers=strangers)
    save_checkpoint(trained, checkpoint)
    return build_package(recipe, checkpoint, destination, material)


def build_package(
    recipe: ModelRecipe, checkpoint: Path, destination: Destination, material: Material = Material()
) -> Path:
    """Export, quantize, calibrate, prove and package a trained checkpoint.

    Raises:
        BuildError: a step cannot give what it promises, or a gate fails.
    """
    require_new(destination.models / recipe.description.name / destination.version, force=destination.force)
    return build(plan_of(recipe, checkpoint, destination.work, material), destination)


def plan_of(recipe: ModelRecipe, checkpoint: Path, work: Path, material: Material) -> BuildPlan:
    """Return the plan of a recipe's package.

    Raises:
        CheckpointError, DataError: the checkpoint or the records cannot be used.
    """
    model = trained_model(checkpoint)
    training = records_of(recipe.training_records, work, material)
    fitting, strangers, notes = _fitting(recipe, work, material)
    return BuildPlan(
        model=model,
        training=training,
        choosing=records_of(recipe.choosing_records, work, material),
        unseen=records_of(recipe.unseen_records, work, material),
        fitting=fitting,
        data=recipe.data,
        limits=recipe.limits,
        candidates=recipe.candidates,
        calibration_windows=recipe.calibration_windows,
        false_alarm_rate=recipe.false_alarm_rate,
        machines=_machines(recipe, material),
        strangers=strangers,
        notes=notes,
    )


def strangers_of(recipe: ModelRecipe, work: Path, material: Material) -> Callable[[Engine], Strangers]:
    """Return a function from the served engine to the records that trust is fitted by.

    Raises:
        DataError: the recipe needs a folder of recordings and none is named, or names no machine that was left out.
    """
    if isinstance(recipe.fitting_records, RecordingPart):
        required_folder(material.data)
    _, strangers, _ = _fitting(recipe, work, material)
    if strangers is None:
        name = recipe.description.name
        raise DataError(
            f"The recipe of {name} leaves no machine out of training: name foreign_records to fit trust by."
        )
    return strangers


def records_of(source: DataSource, work: Path, material: Material) -> LabelledRecords:
    """Return the records a recipe names: simulated ones, or a part of the folder of recordings.

    Raises:
        DataError: the recipe needs a folder of recordings and none is named, or the folder cannot be used.
    """
    if isinstance(source, SimulationConfig):
        return simulated(work, source, material.workers)
    return source.load(required_folder(material.data))


def simulated(work: Path, config: SimulationConfig, workers: int) -> RecordSet:
    """Read the records of a simulation from the work folder, simulating them first where they are missing."""
    path = work / f"records-{config.seed}-{config.records_per_cell}.npz"
    if not path.exists():
        log.info("simulate %d records", config.count)
        write_records(simulate(replace(config, workers=workers)), path)
    return read_records(path)


def _fitting(
    recipe: ModelRecipe, work: Path, material: Material
) -> tuple[partial[RecordOutputs], Callable[[Engine], Strangers] | None, Notes]:
    """Return functions that give the outputs for calibration and for trust, given the served engine; and notes.

    The outputs are those of the served model, or of networks for recordings that they were denied.
    """
    source = recipe.fitting_records
    if isinstance(source, RecordingPart) and material.data is not None:
        log.info("train once without each load, and without each fault size")
        held_out = leave_one_load_out(recipe, material.data, work)
        shares = {f"load {load}": one.pieces.window_accuracy for load, one in held_out.items()}
        known = together(one.whole for one in held_out.values())
        strangers = strangers_of_rig(recipe, material.data, work, known)
        fitting = partial(_given, together(one.pieces for one in held_out.values()))
        return fitting, strangers, {"held_out_window_accuracy": shares}
    records = records_of(source, work, material)
    return partial(_of_served, records, recipe.description.window), _strangers(recipe, records, work, material), {}


def _given(outputs: RecordOutputs, _served: Engine) -> RecordOutputs:
    return outputs


def _of_served(records: LabelledRecords, window: int, served: Engine) -> RecordOutputs:
    return run_records(served, records, window, "fitting")


def _strangers(
    recipe: ModelRecipe, known: LabelledRecords, work: Path, material: Material
) -> Callable[[Engine], Strangers] | None:
    """Return a function that gives the outputs for trust, on simulated machines and measuring chains of other kinds."""
    if not recipe.foreign_records:
        return None
    foreign = [simulated(work, source, material.workers) for source in recipe.foreign_records]
    return partial(_judged, known, foreign, recipe.description.window)


def _judged(known: LabelledRecords, foreign: Sequence[RecordSet], window: int, served: Engine) -> Strangers:
    outputs = [run_records(served, records, window, "foreign") for records in foreign]
    return Strangers(run_records(served, known, window, "known"), [Foreign(one) for one in outputs])


def _machines(recipe: ModelRecipe, material: Material) -> dict[str, Signals]:
    """Return recordings of the other shipped model's machine: the examples, or the university's where there are any."""
    rate_hz = recipe.description.sample_rate_hz
    if isinstance(recipe.training_records, RecordingPart):
        return {"journal bearing": examples(EXAMPLES, rate_hz)}
    if material.data is None:
        return {}
    signals = read_folder(material.data).signals
    return {"rolling bearing": [resample(signal[None], CWRU_SAMPLE_RATE_HZ, rate_hz) for signal in signals]}
