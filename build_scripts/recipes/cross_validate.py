"""Cross-validation of a recipe: train without a load or a fault size, and run what was left out; no test data."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.cwru import read_folder
from build_scripts.data.cwru_split import PIECE_WINDOWS, is_test, of_load, pieces, segments, without_load
from build_scripts.data.recordings import Recordings
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.measuring.torch_engine import TorchEngine
from build_scripts.networks.checkpoint import restore_network
from build_scripts.recipes.recipe import ModelRecipe
from build_scripts.training.train import train
from functions.core.models.engine import EngineOutput

# A logit of a class that a network was not trained for.
_NEVER = np.float32(-1e3)


@dataclass(frozen=True)
class HeldOut:
    """Outputs of a network for recordings it was denied: for pieces of two windows, and for whole recordings."""

    pieces: RecordOutputs
    whole: RecordOutputs


def training_recordings(folder: Path) -> Recordings:
    """Return the recordings of a folder but for those of the test.

    Raises:
        DataError: the folder has no recordings.
    """
    recordings = read_folder(folder)
    return recordings.subset(~is_test(recordings))


def leave_one_load_out(recipe: ModelRecipe, folder: Path, work: Path) -> dict[int, HeldOut]:
    """Train once without each load of the training recordings; return the outputs for that load.

    Args:
        recipe: of the model.
        folder: recordings; the test recordings among them are left out.
        work: folder of the trainings' states, resumed where they exist.

    Raises:
        DataError: the folder has no recordings.
    """
    known = training_recordings(folder)
    return {int(load): _without_load(recipe, known, int(load), work) for load in np.unique(known.load_hp)}


def leave_one_size_out(recipe: ModelRecipe, folder: Path, work: Path) -> tuple[Recordings, RecordOutputs]:
    """Train once without each fault size; return the recordings of each size, and the outputs for them whole.

    Args:
        recipe: of the model; its classes are those of the recordings.
        folder: recordings; the test recordings among them are left out.
        work: folder of the trainings' states, resumed where they exist.

    Raises:
        DataError: the folder has no recordings.
    """
    known = training_recordings(folder)
    size = np.array([one.rpartition("_")[2] for one, _ in recipe.description.classes])[known.label]
    sizes = [one for one in np.unique(size) if one.isdecimal()]
    outputs = [_without_size(recipe, known, size == one, work / f"without_size_{one}.pt") for one in sizes]
    order = np.concatenate([np.flatnonzero(size == one) for one in sizes])
    return known.rearranged([(int(index), known.signals[index]) for index in order]), together(outputs)


def together(parts: Iterable[RecordOutputs]) -> RecordOutputs:
    """Return the outputs of all parts as those of one set of records."""
    listed = list(parts)
    outputs = tuple(output for part in listed for output in part.outputs)
    return RecordOutputs(outputs, np.concatenate([part.label for part in listed]))


def _without_load(recipe: ModelRecipe, known: Recordings, load_hp: int, work: Path) -> HeldOut:
    window = recipe.description.window
    records, state = segments(without_load(known, load_hp), window), work / f"without_load_{load_hp}.pt"
    engine = TorchEngine(restore_network(train(records, recipe.description, recipe.network, recipe.training, state)))
    left_out = of_load(known, load_hp)
    parts = (pieces(left_out, PIECE_WINDOWS * window), left_out)
    return HeldOut(*(run_records(engine, part, window) for part in parts))


def _without_size(recipe: ModelRecipe, known: Recordings, left_out: NDArray[np.bool_], state: Path) -> RecordOutputs:
    """Return the outputs of a network of the other classes; a class that it lacks is never named."""
    seen = known.subset(~left_out)
    kept = np.unique(seen.label)
    classes = tuple(recipe.description.classes[index] for index in kept)
    seen = replace(seen, label=np.searchsorted(kept, seen.label), class_names=tuple(one for one, _ in classes))
    description = replace(recipe.description, classes=classes)
    network = replace(recipe.network, classes=len(classes))
    records = segments(seen, description.window)
    engine = TorchEngine(restore_network(train(records, description, network, recipe.training, state)))
    found = run_records(engine, known.subset(left_out), description.window)
    return RecordOutputs(tuple(_widened(one, kept, len(known.class_names)) for one in found.outputs), found.label)


def _widened(output: EngineOutput, kept: NDArray[np.int64], classes: int) -> EngineOutput:
    logits = np.full((len(output.logits), classes), _NEVER)
    logits[:, kept] = output.logits
    return EngineOutput(logits, output.distance)
