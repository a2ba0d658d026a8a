"""What a user's recipe and checkpoint are built of: her network, and her records, checked against the recipe."""

from functools import partial
from pathlib import Path

from build_scripts.data.labelled import read_for
from build_scripts.data.records import LabelledRecords
from build_scripts.export.torch_export import ExportOptions
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.packaging.build import BuildPlan
from build_scripts.recipes.user_network import user_model
from build_scripts.recipes.user_recipe import UserRecipe
from functions.core.models.engine import Engine


def user_plan(recipe: UserRecipe, checkpoint: Path) -> BuildPlan:
    """Return the plan of a user's package.

    Raises:
        RecipeError, CheckpointError, DataError: recipe, checkpoint or records will not do.
    """
    content, description = recipe.content, recipe.description
    named = (content.data.training, content.data.fitting, content.data.unseen)
    training, fitting, unseen = (read_for(recipe.path(path), description, content.model.channels) for path in named)
    return BuildPlan(
        model=user_model(recipe, checkpoint, training),
        training=training,
        choosing=fitting,
        unseen=unseen,
        fitting=partial(_outputs, fitting, description.window),
        data=content.data.description,
        limits=content.data.limits,
        export=ExportOptions(content.export.exporter, content.export.opset, content.export.length),
        candidates=content.quantization.variants,
        calibration_windows=content.quantization.windows,
        max_accuracy_drop=content.quantization.max_accuracy_drop,
        false_alarm_rate=content.calibration.false_alarm_rate,
    )


def _outputs(records: LabelledRecords, window: int, served: Engine) -> RecordOutputs:
    return run_records(served, records, window, "fitting")
