"""The build plan of a user's recipe and checkpoint: her network and her records, checked against the recipe."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from build_scripts.data.labelled import read_for
from build_scripts.data.overlap import overlaps
from build_scripts.data.records import LabelledRecords
from build_scripts.errors import DataError
from build_scripts.evidence.judged import Foreign, Strangers
from build_scripts.export.torch_export import ExportOptions
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.networks.trained import TrainedModel
from build_scripts.packaging.build import BuildPlan
from build_scripts.quantization.qat.any_network import AwareFile, AwareResult
from build_scripts.quantization.qat.prepare import AwareConfig
from build_scripts.recipes.given_model import UNPROVEN, given_model
from build_scripts.recipes.user_aware import train_user_network
from build_scripts.recipes.user_network import user_model
from build_scripts.recipes.user_recipe import UserRecipe
from functions.core.models.engine import Engine

log = logging.getLogger("build")


def user_plan(recipe: UserRecipe, path: Path, *, is_onnx: bool = False, allow_overlap: bool = False) -> BuildPlan:
    """Return the plan of a user's package, made of a checkpoint or of her ONNX file.

    Raises:
        RecipeError, CheckpointError, DataError: recipe, file or records cannot be used; records stand in two sets and
            `allow_overlap` is not set.
    """
    content, description = recipe.content, recipe.description
    named = {"training": content.data.training, "fitting": content.data.fitting, "unseen": content.data.unseen}
    if content.data.foreign is not None:
        named["foreign"] = content.data.foreign
    sets = {name: read_for(recipe.path(path), description, content.model.channels) for name, path in named.items()}
    training, fitting, unseen = (sets[name] for name in ("training", "fitting", "unseen"))
    warnings = (_overlap(sets, description.window, allowed=allow_overlap), _absent(sets))
    limits = " ".join(filter(None, (content.data.limits, *warnings)))
    model = (given_model if is_onnx else user_model)(recipe, path, training)
    return BuildPlan(
        model=model,
        training=training,
        choosing=fitting,
        unseen=unseen,
        fitting=partial(_outputs, fitting, description.window),
        data=content.data.description,
        limits=limits,
        export=ExportOptions(content.export.exporter, content.export.opset, content.export.length),
        candidates=content.quantization.variants,
        calibration_windows=content.quantization.windows,
        max_accuracy_drop=content.quantization.max_accuracy_drop,
        half=content.quantization.fp16,
        false_alarm_rate=content.calibration.false_alarm_rate,
        strangers=partial(_strangers, sets, description.window) if "foreign" in sets else None,
        fine_tune=None if is_onnx else partial(_fine_tuned, model, training, content.quantization.epochs),
        notes={"validation": UNPROVEN} if is_onnx else {},
    )


def _strangers(sets: Mapping[str, LabelledRecords], window: int, served: Engine) -> Strangers:
    known, foreign = (run_records(served, sets[name], window, name) for name in ("fitting", "foreign"))
    return Strangers(known, [Foreign(foreign)])


def _fine_tuned(model: TrainedModel, training: LabelledRecords, epochs: int, target: AwareFile) -> Path:
    config = AwareConfig(epochs)
    fitting = replace(config, batch_size=min(config.batch_size, len(training)))
    result = train_user_network(model, training, target, fitting)
    log.info("  qat: loss %s; float32: %s", _losses(result), ", ".join(result.floating) or "nothing")
    return result.path


def _losses(result: AwareResult) -> str:
    return ", ".join(f"{loss:.4f}" for loss in result.losses)


def _overlap(sets: Mapping[str, LabelledRecords], window: int, *, allowed: bool) -> str:
    """Return the warning of records that stand in two sets, "" without any."""
    found = "; ".join(map(str, overlaps(sets, window)))
    if found and not allowed:
        raise DataError(
            f"{found}: what the network was fitted to cannot prove it. Split by recording, never by window; "
            "--allow-overlap packages it with a warning on its card."
        )
    if found:
        log.warning("warning: %s", found)
    return f"Warning: {found}; the figures below flatter the model." if found else ""


def _absent(sets: Mapping[str, LabelledRecords]) -> str:
    """Return the warning of classes that have no record to be judged by, "" without any."""
    missing = {
        name: [one for index, one in enumerate(sets[name].class_names) if index not in sets[name].label]
        for name in ("fitting", "unseen")
    }
    found = "; ".join(f"{name} has no record of {', '.join(classes)}" for name, classes in missing.items() if classes)
    if found:
        log.warning("warning: %s", found)
    return f"Warning: {found}; the figures below are about the other classes." if found else ""


def _outputs(records: LabelledRecords, window: int, served: Engine) -> RecordOutputs:
    return run_records(served, records, window, "fitting")
