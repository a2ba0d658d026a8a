"""Warm-up before the server listens: every model is loaded and runs every batch size once."""

from collections.abc import Sequence

import numpy as np

from functions.core.errors import PalierError
from functions.core.models.conditions import condition_rows, ordinary_conditions
from functions.core.models.manifest import input_of_file
from functions.core.models.models import LoadedModel, ModelRepository
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser
from functions.core.observability.telemetry import LOGGER


def warm_up_all(diagnoser: Diagnoser, sizes: Sequence[int], *, default_required: bool = True) -> None:
    """Warm up the newest version of every model; one that cannot serve is logged, unless it is the default.

    Args:
        diagnoser: of the models.
        sizes: of batches.
        default_required: whether the default model must be here.

    Raises:
        PalierError: the default model cannot serve.
    """
    if default_required or diagnoser.default_model in diagnoser.models.names():
        warm_up(diagnoser.load(DiagnosisOptions()), sizes)
    for name in diagnoser.models.names():
        if name != diagnoser.default_model:
            _warm_up_other(diagnoser.models, name, sizes)


def warm_up(model: LoadedModel, sizes: Sequence[int]) -> None:
    """Run windows of noise through a model in batches of each size; zeros would run faster than signals do."""
    spec = input_of_file(model.manifest)
    noise = np.random.default_rng(0).normal(0, 0.05, (max(sizes), spec.channels, spec.window)).astype(np.float32)
    conditions = condition_rows(ordinary_conditions(spec), max(sizes)) if spec.conditions_taken else None
    for size in sizes:
        model.engine.run(noise[:size], None if conditions is None else conditions[:size])


def _warm_up_other(models: ModelRepository, name: str, sizes: Sequence[int]) -> None:
    try:
        warm_up(models.load(name), sizes)
    except PalierError as error:
        LOGGER.error(error.message, extra={"code": error.code}, exc_info=error.__cause__)
