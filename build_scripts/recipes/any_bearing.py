"""The shipped model any-bearing from scratch: simulated bearings and recordings of one rig, checkpoint, package."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from build_scripts.data.cwru import required_folder
from build_scripts.data.fault_lines import CLASSES, LineRecords, LineSimulation
from build_scripts.data.rig_bearings import RigRecording, lines_of, read_rig
from build_scripts.data.simulation.rolling import LEFT_OUT, NORMAL, RollingWindow
from build_scripts.errors import DataError
from build_scripts.evidence.judged import Foreign, Strangers
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.fault_lines import FaultLineNetworks
from build_scripts.networks.trained import LOGITS, TrainedModel
from build_scripts.packaging.build import BuildPlan, Destination, build
from build_scripts.packaging.package import ServedInput, require_new
from build_scripts.recipes.cross_validate import together
from build_scripts.recipes.strangers import simulated_strangers, simulated_windows
from build_scripts.training.fault_lines import load_lines, save_lines, train_lines
from functions.core.bearings.features import FAULTS, LENGTH, WINDOW_S, fault_line_features
from functions.core.models.engine import Engine, EngineOutput
from functions.core.models.manifest import ANY_UNIT, FAULT_LINES, Condition, InputSpec, Preprocessing
from functions.core.preprocessing.arrays import Float32Array

NAME, VERSION = "any-bearing", "1"
SAMPLE_RATE_HZ = 12_000.0
SIMULATED = LineSimulation(seed=7, count=6_000)
# Of machines that training shows none of; half of them calibrate, and half measure.
UNSEEN = LineSimulation(seed=77, count=1_200, kinds=LEFT_OUT)
# By which trust is fitted: lines contradict the network in one of twenty-five.
STRANGERS = 800
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
    unit=ANY_UNIT,
    conditions=CONDITIONS,
)
SERVED = ServedInput(
    InputSpec(
        channels=1,
        window=round(WINDOW_S * SAMPLE_RATE_HZ),
        sample_rate_hz=SAMPLE_RATE_HZ,
        unit=ANY_UNIT,
        conditions=list(CONDITIONS),
    ),
    Preprocessing(id=FAULT_LINES),
)
DATA = (
    f"{SIMULATED.count:,} simulated windows of bearings whose geometry, speed, machine and rate are drawn, and windows"
    " of the drive-end recordings of the Case Western Reserve University Bearing Data Center whose fault leaves a line"
    " (loads 0 to 2 hp); temperature from what networks say of a fault size or a load that each was denied, and from"
    f" {UNSEEN.count // 2} simulated windows of kinds of machines that training has not (other rates, speeds and"
    " numbers of elements), of faults whose line is visible; figures from as many others"
)
LIMITS = (
    "The simulator is not validated on a rig. The model reads the lines that a local fault leaves in the envelope"
    " spectrum at the orders that the caller states: a fault that leaves none, as most faults of rolling elements do,"
    " is called normal, so that normal means that no line of this bearing is visible, and never that the bearing is"
    " well; the unseen windows measured below are of all faults, those under other machines of faults with a visible"
    " line. It measures no novelty: its features have no level, unit or rate by which a machine would be a foreign one,"
    " and a signal of no machine shows no line. A wrong designation, or a speed that is more than 2 % wrong, hides"
    " every line. The file takes features, not samples: another runtime computes them from a window of 2 s and its"
    " conditions as functions/core/bearings/features.py does, which needs NumPy alone."
)
CANDIDATES = ("static-minmax", "dynamic-uint8")

SIZE, LOAD = "fault size", "load"
CLASS_IDS = tuple(identifier for identifier, _ in CLASSES)

log = logging.getLogger("build")


@dataclass(frozen=True)
class Fold:
    """A network, and the recordings that it was denied.

    lineless: those of a fault that leaves no line, which no network is trained on.
    """

    title: str
    recordings: Sequence[RigRecording]
    network: FaultLineNetworks
    lineless: Sequence[RigRecording] = ()

    def outputs(self) -> RecordOutputs:
        """Return the outputs of the network for the recordings."""
        return _labelled((self, one) for one in self.recordings)

    def output(self, recording: RigRecording) -> EngineOutput:
        """Return the output of the network for the windows of a recording."""
        features = recording.features()
        rows = np.tile(recording.conditions, (len(features), 1))
        with torch.no_grad():
            logits = self.network(torch.from_numpy(features), torch.from_numpy(rows))
        return EngineOutput(logits.numpy(), None)


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
    rig = recordings_of_rig(data)
    recordings = _with_lines(rig)
    unseen = UNSEEN.records(destination.work, workers, SAMPLE_RATE_HZ)
    half = len(unseen) // 2
    choosing = unseen.part(range(half))
    log.info("train once without each fault size, and without each load")
    folds = list(left_out(destination.work, workers, rig))
    plan = BuildPlan(
        model=TrainedModel(DESCRIPTION, FAULTS, load_lines(checkpoint), (LOGITS,), checkpoint),
        training=_training(destination.work, workers, recordings),
        choosing=choosing,
        unseen=unseen.part(range(half, len(unseen))),
        fitting=partial(_fitting, folds, choosing.with_visible_lines()),
        data=DATA,
        limits=LIMITS,
        candidates=CANDIDATES,
        allow_float32=True,
        strangers=partial(_strangers, folds),
        served=SERVED,
    )
    plan = replace(plan, export=replace(plan.export, length="fixed"))
    return build(plan, destination)


def strangers_of_any(work: Path, workers: int, data: Path | None) -> Callable[[Engine], Strangers]:
    """Return a function from the served engine to the records that trust is fitted by.

    Raises:
        DataError: no folder is named, or it has no recording.
    """
    return partial(_strangers, list(left_out(work, workers, recordings_of_rig(data))))


def recordings_for_training(data: Path | None) -> list[RigRecording]:
    """Return the recordings of a folder that the weights are fitted to: whose fault leaves a line, loads 0 to 2 hp.

    Raises:
        DataError: no folder is named, or it has no such recording.
    """
    return _with_lines(recordings_of_rig(data))


def recordings_of_rig(data: Path | None) -> list[RigRecording]:
    """Return the recordings of a folder at loads 0 to 2 hp, also those whose fault leaves no line.

    Raises:
        DataError: no folder is named, or it has no such recording.
    """
    folder = required_folder(data)
    found = [one for path in sorted(folder.glob("*_train_*.npz")) for one in read_rig(path)]
    if not found:
        raise DataError(f"{folder} has no .npz file of recordings to train on, *_train_*.npz.")
    return found


def _with_lines(recordings: Sequence[RigRecording]) -> list[RigRecording]:
    return [one for one in recordings if one.has_line]


def left_out(work: Path, workers: int, recordings: Sequence[RigRecording]) -> Iterator[Fold]:
    """Yield each network with the recordings that it was denied: of every fault size, then of every load.

    Args:
        work: folder of simulated windows and of the networks' weights, taken from there where they are.
        workers: processes that simulate.
        recordings: all that training has, and others whose fault leaves no line, which no network is trained on.
    """
    for title, is_denied in _denied(recordings):
        state = work / f"without-{title.replace(' ', '-')}-{SIMULATED.seed}-{SIMULATED.count}.pt"
        if not state.exists():
            seen = [one for one in _with_lines(recordings) if not is_denied(one)]
            save_lines(train_lines(_training(work, workers, seen)), state)
        denied = [one for one in recordings if is_denied(one)]
        yield Fold(title, _with_lines(denied), load_lines(state), [one for one in denied if not one.has_line])


def _denied(recordings: Sequence[RigRecording]) -> list[tuple[str, Callable[[RigRecording], bool]]]:
    sizes = sorted({one.size for one in recordings if one.size})
    loads = sorted({one.load_hp for one in recordings})
    by_size = [(f"{SIZE} {size}", lambda one, size=size: one.size == size) for size in sizes]
    return [*by_size, *((f"{LOAD} {load}", lambda one, load=load: one.load_hp == load) for load in loads)]


def _training(work: Path, workers: int, recordings: Sequence[RigRecording]) -> LineRecords:
    simulated = SIMULATED.records(work, workers, SAMPLE_RATE_HZ)
    return simulated.with_visible_lines().joined(lines_of(recordings, STEP_S))


def _fitting(folds: Sequence[Fold], simulated: LineRecords, served: Engine) -> RecordOutputs:
    """Return outputs of networks for the recordings they were denied, and of the served one for simulated windows."""
    return together([*(one.outputs() for one in folds), run_records(served, simulated, LENGTH, "fitting")])


def _strangers(folds: Sequence[Fold], served: Engine) -> Strangers:
    """Return the records that trust is fitted by: loads are known machines, fault sizes and simulated ones are not.

    Faults that leave no line are among them: what is answered of these is what a healthy class is worth.
    """
    sizes, loads = ([one for one in folds if one.title.startswith(what)] for what in (SIZE, LOAD))
    foreign = [(fold, one) for fold in sizes for one in (*fold.recordings, *fold.lineless)]
    # No network was denied what has no size: healthy bearings come from the loads.
    foreign += [(fold, one) for fold in loads for one in fold.recordings if one.label == NORMAL]
    of_rig = Foreign(_labelled(foreign), [one.evidence() for _, one in foreign])
    simulated = simulated_strangers(CLASS_IDS, partial(_run, served), simulated_windows(LEFT_OUT, STRANGERS))
    return Strangers(together(one.outputs() for one in loads), (of_rig, simulated))


def _labelled(pairs: Iterable[tuple[Fold, RigRecording]]) -> RecordOutputs:
    listed = list(pairs)
    label = np.array([one.label for _, one in listed], np.int64)
    return RecordOutputs(tuple(fold.output(one) for fold, one in listed), label)


def _features(window: RollingWindow) -> Float32Array:
    return fault_line_features(window.samples[None], window.conditions[None])


def _run(served: Engine, window: RollingWindow) -> EngineOutput:
    return served.run(_features(window), window.conditions[None])
