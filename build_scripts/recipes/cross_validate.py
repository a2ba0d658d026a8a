"""Leave one load out: what a recipe is worth on a motor load that its weights never saw, without the test data."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from build_scripts.data.cwru import read_folder
from build_scripts.data.cwru_split import PIECE_WINDOWS, is_test, of_load, pieces, segments, without_load
from build_scripts.data.recordings import Recordings
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.measuring.torch_engine import TorchEngine
from build_scripts.networks.checkpoint import restore_network
from build_scripts.recipes.recipe import ModelRecipe
from build_scripts.training.train import train


def leave_one_load_out(recipe: ModelRecipe, folder: Path, work: Path) -> dict[int, RecordOutputs]:
    """Train once without each load of the training recordings; return what is said of pieces of that load.

    Args:
        folder: recordings; the test recordings among them are left out.
        work: folder of the trainings' states, gone on from where they exist.

    Raises:
        DataError: the folder has no recordings.
    """
    recordings = read_folder(folder)
    known = recordings.subset(~is_test(recordings))
    return {int(load): _held_out(recipe, known, int(load), work) for load in np.unique(known.load_hp)}


def together(parts: Iterable[RecordOutputs]) -> RecordOutputs:
    """Return the outputs of all parts as those of one set of records."""
    listed = list(parts)
    outputs = tuple(output for part in listed for output in part.outputs)
    return RecordOutputs(outputs, np.concatenate([part.label for part in listed]))


def _held_out(recipe: ModelRecipe, known: Recordings, load_hp: int, work: Path) -> RecordOutputs:
    window = recipe.description.window
    records, state = segments(without_load(known, load_hp), window), work / f"without_load_{load_hp}.pt"
    engine = TorchEngine(restore_network(train(records, recipe.description, recipe.network, recipe.training, state)))
    return run_records(engine, pieces(of_load(known, load_hp), PIECE_WINDOWS * window), window)
