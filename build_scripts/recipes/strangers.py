"""Machines left out of training, by which trust is fitted: fault sizes of a rig, and simulated bearings."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from build_scripts.data.cwru import SHAFT_SPEED_RPM
from build_scripts.data.progress import Progress
from build_scripts.data.recordings import Recordings
from build_scripts.data.rig_bearings import DRIVE_END
from build_scripts.data.simulation.rolling import (
    ELEMENT,
    INNER,
    NORMAL,
    OUTER,
    TRAINED,
    Kinds,
    RollingWindow,
    simulated_window,
)
from build_scripts.evidence.judged import Foreign, Strangers
from build_scripts.measuring.outputs import RecordOutputs
from build_scripts.recipes.cross_validate import leave_one_size_out
from build_scripts.recipes.recipe import ModelRecipe
from functions.core.bearings.evidence import bearing_evidence
from functions.core.bearings.features import WINDOW_S
from functions.core.bearings.lines import Evidence, Fault
from functions.core.bearings.orders import FaultOrders
from functions.core.errors import UnusableError
from functions.core.models.agreement import faults_of_class
from functions.core.models.engine import Engine, EngineOutput
from functions.core.preprocessing.resampling import resample
from functions.core.preprocessing.windowing import cut_windows

SEED = 505
# Of a model that is wrong of most of them.
_SIMULATED = 400
_FAULTS: Mapping[int, Fault | None] = {
    NORMAL: None,
    OUTER: "outer_race",
    INNER: "inner_race",
    ELEMENT: "rolling_element",
}


def strangers_of_rig(
    recipe: ModelRecipe, folder: Path, work: Path, known: RecordOutputs
) -> Callable[[Engine], Strangers]:
    """Return a function from the served engine to the records that trust is fitted by.

    Args:
        recipe: of a model of the rig's recordings.
        folder: of these recordings.
        work: folder of trainings' states.
        known: outputs of networks for whole recordings at the load that each was denied.
    """
    recordings, outputs = leave_one_size_out(recipe, folder, work)
    sizes = Foreign(outputs, _evidence_of_rig(recordings))
    return partial(_strangers, recipe, known, sizes)


def _strangers(recipe: ModelRecipe, known: RecordOutputs, sizes: Foreign, served: Engine) -> Strangers:
    class_ids = [identifier for identifier, _ in recipe.description.classes]
    simulated = simulated_strangers(class_ids, partial(_run, recipe, served), simulated_windows(TRAINED, _SIMULATED))
    return Strangers(known, (sizes, simulated))


def _run(recipe: ModelRecipe, served: Engine, window: RollingWindow) -> EngineOutput:
    spec = recipe.description
    return served.run(cut_windows(resample(window.samples, _rate_hz(window), spec.sample_rate_hz), spec.window))


def simulated_windows(kinds: Kinds, count: int) -> list[RollingWindow]:
    """Return windows of simulated bearings on machines of some kinds, as many of each type of fault."""
    faults = [list(_FAULTS)[index % len(_FAULTS)] for index in range(count)]
    progress = enumerate(Progress(faults, "simulate strangers", "window"))
    return [simulated_window(np.random.default_rng((SEED, index)), fault, kinds) for index, fault in progress]


def simulated_strangers(
    class_ids: Sequence[str], run: Callable[[RollingWindow], EngineOutput], windows: Sequence[RollingWindow]
) -> Foreign:
    """Return the outputs of a model of rolling bearings for simulated ones.

    Args:
        class_ids: of the model; the first of each type of fault is the label.
        run: the model, on two seconds of a bearing.
        windows: of simulated bearings.
    """
    label_of = {fault: _label(class_ids, name) for fault, name in _FAULTS.items()}
    label = np.array([label_of[one.label] for one in windows], np.int64)
    return Foreign(RecordOutputs(tuple(run(one) for one in windows), label), [_evidence(one) for one in windows])


def _label(class_ids: Sequence[str], fault: Fault | None) -> int:
    wanted = set() if fault is None else {fault}
    return next(index for index, one in enumerate(class_ids) if faults_of_class(one) == wanted)


def _rate_hz(window: RollingWindow) -> float:
    return int(window.samples.shape[1]) / WINDOW_S


def _evidence(window: RollingWindow) -> Evidence | None:
    """Return what lines a window shows; None where the server would refuse to look, as of a shaft that is too slow."""
    shaft_speed_rpm, *orders = window.conditions.tolist()
    try:
        return bearing_evidence(window.samples, _rate_hz(window), shaft_speed_rpm, FaultOrders(*orders))
    except UnusableError:
        return None


def _evidence_of_rig(recordings: Recordings) -> Sequence[Evidence]:
    pairs = zip(recordings.signals, recordings.load_hp.tolist(), strict=True)
    rate_hz = recordings.sample_rate_hz
    return [bearing_evidence(one[None], rate_hz, SHAFT_SPEED_RPM[load], DRIVE_END) for one, load in pairs]
