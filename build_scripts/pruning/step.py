"""The step prune: a checkpoint and records to a smaller or sparser checkpoint, fine-tuned."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from build_scripts.data.cwru_split import segments
from build_scripts.data.recordings import Recordings
from build_scripts.data.records import LabelledRecords, require_fitting
from build_scripts.errors import DataError, PruningError
from build_scripts.networks.checkpoint import Checkpoint, restore_network
from build_scripts.networks.network import BearingNetwork
from build_scripts.networks.novelty import NoveltyModel
from build_scripts.pruning.kinds import Pruning, Structured, Unstructured
from build_scripts.pruning.structured import remove_channels
from build_scripts.pruning.unstructured import Masks, hold, largest_weights, release, zeroed
from build_scripts.training.fine_tune import FineTuned, TuningConfig, fine_tune
from build_scripts.training.train import TrainingConfig, novelty_of_training
from build_scripts.training.training_windows import random_batches

LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class PrunedModel:
    """The checkpoint right after pruning, the fine-tuned one, and the mean cross-entropy of each epoch."""

    pruned: Checkpoint
    tuned: Checkpoint
    losses: tuple[float, ...]


def prune(checkpoint: Checkpoint, records: LabelledRecords, pruning: Pruning, config: TuningConfig) -> PrunedModel:
    """Prune a checkpoint's network, fine-tune what is left on records and fit its novelty measure again.

    Raises:
        PruningError: the share takes nothing or a whole layer, or the records do not fill a batch.
        DataError: the records have other classes, another sample rate, less than a window, or a class without one.
        FineTuningError: there are no epochs, or the loss is not finite.
        CheckpointError: the weights do not fit the checkpoint's network.
    """
    restore_network(checkpoint)
    require_fitting_checkpoint(records, checkpoint)
    training = training_records(records, checkpoint, config.batch_size)
    pruned, masks = _pruned(checkpoint, pruning)
    tuned = _tuned(pruned, masks, training, config)
    state = tuned.network.state_dict()
    figures = {"fine_tuning_loss": tuned.losses[-1], "fine_tuning_records": len(records)}
    finished = replace(
        pruned,
        weights={name: state[name].detach().clone() for name in pruned.weights},
        novelty=_novelty(tuned.network, training, pruned, config),
        metrics=pruned.metrics | {f"{pruning.kind}_pruning": pruning.share} | figures,
    )
    return PrunedModel(pruned, finished, tuned.losses)


def require_fitting_checkpoint(records: LabelledRecords, checkpoint: Checkpoint) -> None:
    """Check that records are of the kind a checkpoint was trained on.

    Raises:
        DataError: they are not.
    """
    description = checkpoint.description
    require_fitting(records, checkpoint.network.classes, description.sample_rate_hz, description.window)


def training_records(records: LabelledRecords, checkpoint: Checkpoint, batch_size: int) -> LabelledRecords:
    """Return what an epoch draws windows from: records as they are, long recordings as segments of them.

    Raises:
        DataError: a class has no record.
        PruningError: the batch size is below 1, or the records do not fill a batch.
    """
    missing = np.flatnonzero(np.bincount(records.label, minlength=checkpoint.network.classes) == 0)
    if len(missing):
        raise DataError(f"The data has no record of {', '.join(records.class_names[index] for index in missing)}.")
    drawn = segments(records, checkpoint.description.window) if isinstance(records, Recordings) else records
    if not 1 <= batch_size <= len(drawn):
        raise PruningError(f"{len(drawn)} records do not fill a batch of {batch_size}.")
    return drawn


def _pruned(checkpoint: Checkpoint, pruning: Pruning) -> tuple[Checkpoint, Masks]:
    match pruning:
        case Structured():
            return remove_channels(checkpoint, pruning), {}
        case Unstructured():
            masks = largest_weights(checkpoint, pruning)
            return zeroed(checkpoint, masks), masks


def _tuned(
    pruned: Checkpoint, masks: Masks, records: LabelledRecords, config: TuningConfig
) -> FineTuned[BearingNetwork]:
    network = restore_network(pruned).network
    hold(network, masks)
    batches = partial(random_batches, records, pruned.description.window, config.batch_size)
    tuned = fine_tune(network, batches, config, "prune")
    release(tuned.network, masks)
    return tuned


def _novelty(
    network: BearingNetwork, records: LabelledRecords, pruned: Checkpoint, config: TuningConfig
) -> NoveltyModel:
    """Fit the measure again, on as many windows as the training did: the features have changed."""
    windows = int(pruned.training.get("novelty_windows", TrainingConfig.novelty_windows))
    settings = TrainingConfig(epochs=config.epochs, novelty_windows=windows, seed=config.seed)
    return novelty_of_training(network, records, pruned.description.window, settings)
