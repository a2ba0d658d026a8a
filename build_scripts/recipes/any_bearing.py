"""The shipped model any-bearing from scratch: simulated bearings and recordings of one rig, checkpoint, package."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from build_scripts.data.fault_lines import CLASSES, LineRecords, simulated_lines
from build_scripts.data.rig_bearings import RigRecording, lines_of, read_rig
from build_scripts.errors import DataError
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.trained import LOGITS, TrainedModel
from build_scripts.packaging.build import BuildPlan, Destination, build
from build_scripts.packaging.package import ServedInput, require_new
from build_scripts.training.fault_lines import load_lines, save_lines, train_lines
from functions.core.bearings.features import FAULTS, LENGTH, WINDOW_S
from functions.core.models.engine import Engine
from functions.core.models.manifest import FAULT_LINES, Condition, InputSpec, Preprocessing

NAME, VERSION = "any-bearing", "1"
SAMPLE_RATE_HZ = 12_000.0
SEED, WINDOWS = 7, 2_500
UNSEEN_SEED, UNSEEN_WINDOWS = 77, 800
# Windows of a recording for training: they overlap.
STEP_S = 0.5

CONDITIONS = (
    Condition(name="shaft_speed_rpm", unit="rpm", minimum=60.0, maximum=60_000.0),
    Condition(name="bpfo_order", unit="orders", minimum=0.5, maximum=200.0),
    Condition(name="bpfi_order", unit="orders", minimum=0.5, maximum=200.0),
    Condition(name="bsf_order", unit="orders", minimum=0.3, maximum=100.0),
    Condition(name="ftf_order", unit="orders", minimum=0.05, maximum=0.95),
)
DESCRIPTION = ModelDescription(
    name=NAME,
    title="Rolling bearing of any geometry, 4 conditions",
    classes=CLASSES,
    window=LENGTH,
    sample_rate_hz=SAMPLE_RATE_HZ,
    unit="any",
    conditions=CONDITIONS,
)
SERVED = ServedInput(
    InputSpec(
        channels=1,
        window=round(WINDOW_S * SAMPLE_RATE_HZ),
        sample_rate_hz=SAMPLE_RATE_HZ,
        unit="any",
        conditions=list(CONDITIONS),
    ),
    Preprocessing(id=FAULT_LINES),
)
DATA = (
    f"{WINDOWS:,} simulated windows of bearings whose geometry, speed, machine and rate are drawn, and windows of"
    " the drive-end recordings of the Case Western Reserve University Bearing Data Center whose fault leaves a line"
    f" (loads 0 to 2 hp); figures from {UNSEEN_WINDOWS} simulated windows of other geometries"
)
LIMITS = (
    "The simulator is not validated on a rig. The model reads the lines that a local fault leaves in the envelope"
    " spectrum at the orders that the caller states: a fault that leaves none, as most faults of rolling elements do,"
    " is called normal, so that normal means that no line of this bearing is visible, and never that the bearing is"
    " well. A wrong designation, or a speed that is more than 2 % wrong, hides every line. The file takes features, not"
    " samples: another runtime computes them from a window of 2 s and its conditions as"
    " functions/core/bearings/features.py does, which needs NumPy alone."
)
CANDIDATES = ("static-minmax", "dynamic-uint8")

log = logging.getLogger("build")


def build_any_bearing(checkpoint: Path, destination: Destination, workers: int, data: Path | None) -> Path:
    """Simulate, train and package the model; simulated windows are kept in the work folder.

    Raises:
        BuildError: a step cannot give what it promises.
    """
    require_new(destination.models / NAME / destination.version, force=destination.force)
    training = _training(destination.work, workers, recordings_for_training(data))
    log.info("train %s on %d records", NAME, len(training))
    save_lines(train_lines(training), checkpoint)
    return package_any_bearing(checkpoint, destination, workers, data)


def package_any_bearing(checkpoint: Path, destination: Destination, workers: int, data: Path | None) -> Path:
    """Export, quantize, calibrate, prove and package a trained checkpoint.

    Raises:
        BuildError: a step cannot give what it promises, or a gate fails.
    """
    unseen = simulated_lines(
        destination.work / f"lines-{UNSEEN_SEED}-{UNSEEN_WINDOWS}.npz",
        UNSEEN_SEED,
        UNSEEN_WINDOWS,
        workers,
        SAMPLE_RATE_HZ,
    )
    training = _training(destination.work, workers, recordings_for_training(data))
    model = TrainedModel(DESCRIPTION, FAULTS, load_lines(checkpoint), (LOGITS,), checkpoint)
    half = len(unseen) // 2
    plan = BuildPlan(
        model=model,
        training=training,
        choosing=_part(unseen, slice(0, half)),
        unseen=_part(unseen, slice(half, None)),
        fitting=_fitting(_part(unseen, slice(0, half))),
        data=DATA,
        limits=LIMITS,
        candidates=CANDIDATES,
        allow_float32=True,
        served=SERVED,
    )
    plan = replace(plan, export=replace(plan.export, length="fixed"))
    return build(plan, destination)


def recordings_for_training(data: Path | None) -> list[RigRecording]:
    """Return the recordings of a folder that the weights are fitted to: whose fault leaves a line, loads 0 to 2 hp.

    Raises:
        DataError: no folder is named, or it has no such recording.
    """
    if data is None:
        raise DataError("This model's recordings do not come with the project: name their folder with --data DIR.")
    found = [one for path in sorted(data.glob("*_train_*.npz")) for one in read_rig(path)]
    if not found:
        raise DataError(f"{data} has no .npz file of recordings to train on, *_train_*.npz.")
    return [one for one in found if one.has_line]


def _training(work: Path, workers: int, recordings: Sequence[RigRecording]) -> LineRecords:
    simulated = simulated_lines(work / f"lines-{SEED}-{WINDOWS}.npz", SEED, WINDOWS, workers, SAMPLE_RATE_HZ)
    return simulated.with_visible_lines().joined(lines_of(recordings, STEP_S))


def _part(records: LineRecords, part: slice) -> LineRecords:
    return replace(
        records, features=records.features[part], conditions=records.conditions[part], label=records.label[part]
    )


def _fitting(records: LineRecords) -> Callable[[Engine], RecordOutputs]:
    return partial(_outputs, records)


def _outputs(records: LineRecords, served: Engine) -> RecordOutputs:
    return run_records(served, records, LENGTH, "fitting")
