"""Windows of a user's training records through her network: to try it, and to fit its measure of novelty."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from build_scripts.data.progress import Progress
from build_scripts.data.records import LabelledRecords
from build_scripts.errors import DataError, RecipeError
from build_scripts.networks.conditions import Inputs, copies, with_rows
from build_scripts.networks.novelty import NoveltyModel, fit_novelty
from build_scripts.networks.user_code import user_code
from build_scripts.training.foreign_signals import exposure
from functions.core.preprocessing.arrays import Float32Array

NOVELTY_WINDOWS, BATCH, SEED = 2048, 64, 0
# Windows longer than this are fewer, and fewer at a time, in proportion: PyTorch takes a second for a few of them.
LONG_WINDOW, FEWEST_WINDOWS = 20_480, 256
# Windows that a network is tried with.
TRIED = 16


def spread_inputs(records: LabelledRecords, window: int) -> Inputs:
    """Return one window of each of at most 16 evenly spread records, and their conditions where there are any.

    Returns:
        float32 [n, C, window], and float32 [n, K] behind it.
    """
    indices = np.linspace(0, len(records) - 1, min(TRIED, len(records))).astype(int)
    windows = np.concatenate([records.windows(int(index), window)[:1] for index in indices])
    return with_rows(windows, None if records.conditions is None else records.conditions[indices])


def user_novelty(network: nn.Module, records: LabelledRecords, window: int) -> NoveltyModel:
    """Fit the novelty measure of a network on random windows of records, and on outliers made of them.

    They are 2048, or as many as there are records; of windows beyond 20,480 samples as many as have the same samples,
    at least 256.

    Raises:
        DataError: the records lack a class.
        RecipeError: the network fails, or the input of its head separates nothing.
    """
    rng = np.random.default_rng(SEED)
    first = [_first(records, index) for index in range(len(records.class_names))]
    length = max(1.0, window / LONG_WINDOW)
    count = max(FEWEST_WINDOWS, int(max(NOVELTY_WINDOWS, len(records)) / length))
    chosen = np.concatenate([rng.integers(0, len(records), count), first])
    known: list[Float32Array] = []
    strange: list[Float32Array] = []
    batch = max(1, int(BATCH / length))
    parts: Sequence[NDArray[np.int64]] = np.array_split(chosen, len(chosen) // batch)
    for place, part in enumerate(Progress(parts, "fit novelty", "batch")):
        windows = records.random_windows(part, window, rng)
        rows = None if records.conditions is None else records.conditions[part]
        known.append(_features(network, with_rows(windows, rows)))
        # Outliers are one of every kind, however few the windows beside them: as often as there are BATCH windows.
        if place % round(length) == 0:
            outliers = exposure(rng, windows, 1, records.sample_rate_hz)
            theirs = None if rows is None else np.resize(rows, (len(outliers), rows.shape[1]))
            strange.append(_features(network, with_rows(outliers, theirs)))
    features, foreign = np.concatenate(known), np.mean(strange, axis=0)
    _require_features(features)
    # A network may give no number for silence or clipping; the other kinds are enough.
    return fit_novelty(features, records.label[chosen], foreign[np.isfinite(foreign).all(axis=1)])


def _require_features(features: Float32Array) -> None:
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(bad):
        raise RecipeError(
            f"What the head is given is NaN or infinite for {len(bad)} of {len(features)} windows of the training "
            "records: check the network's weights, and that the recipe's unit is that of its training."
        )
    if not np.ptp(features, axis=0).any():
        raise RecipeError(
            f"What the head is given is the same for all {len(features)} windows of the training records: "
            "the network does not look at them. Check its weights, and that the recipe's unit is that of its training."
        )


def _features(network: nn.Module, inputs: Inputs) -> Float32Array:
    with torch.no_grad(), user_code("The network does not run on windows of the training records"):
        features: Tensor = network(*copies(inputs))[1]
    return features.numpy()


def _first(records: LabelledRecords, index: int) -> int:
    """Return the first record of a class: drawn at random, a rare class may be missed."""
    found = np.flatnonzero(records.label == index)
    if not len(found):
        raise DataError(
            f"The training records have none of class {records.class_names[index]!r}: add some, or leave the class out."
        )
    return int(found[0])
