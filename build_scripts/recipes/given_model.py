"""A user's ONNX file as the model of a recipe."""

import logging
from dataclasses import replace
from pathlib import Path

from build_scripts.data.records import LabelledRecords
from build_scripts.errors import RecipeError
from build_scripts.export.given import GivenNetwork
from build_scripts.export.given_file import Reading
from build_scripts.networks.logits import check_logits
from build_scripts.networks.trained import DISTANCE, TrainedModel
from build_scripts.recipes.user_novelty import spread_inputs
from build_scripts.recipes.user_recipe import UserRecipe

log = logging.getLogger("build")

# The note of card and manifest on the missing proof.
UNPROVEN = "the ONNX file was given: it is compared with itself as packaged, not with a PyTorch network"


def given_model(recipe: UserRecipe, path: Path, training: LabelledRecords) -> TrainedModel:
    """Take a user's ONNX file for the model; it measures novelty if it has an output `distance`.

    Raises:
        RecipeError: a package cannot be made of it, or its logits do not fit the recipe.
    """
    part, model = recipe.content.network, recipe.content.model
    if part.file is not None or part.head is not None:
        raise RecipeError("An ONNX file is the network itself: leave file, factory and head out of [network].")
    reading = Reading(path, model.channels, model.window, part.output, conditions=len(model.conditions))
    network = GivenNetwork(reading)
    inputs = spread_inputs(training, model.window)
    given = network(*inputs)
    check_logits(given[0] if isinstance(given, tuple) else given, len(inputs[0]), len(model.classes), part.gives)
    if part.gives == "probabilities":
        network = GivenNetwork(replace(network.reading, probabilities=True))
    log.info("the ONNX file is taken as it is given: no PyTorch network is compared with it")
    if DISTANCE not in network.outputs:
        log.info("the file has no output named distance: the package measures no novelty")
    return TrainedModel(recipe.description, model.channels, network.eval(), network.outputs, path)
