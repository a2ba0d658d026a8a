"""A user's network: made by her own file or read from a program, filled with her weights, and measuring novelty."""

import logging
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from build_scripts.data.records import LabelledRecords
from build_scripts.errors import RecipeError
from build_scripts.networks.checkpoint_files import checkpoint_file
from build_scripts.networks.conditions import Inputs, copies
from build_scripts.networks.filling import fill, plain_weights
from build_scripts.networks.head import TOLERANCE, FeatureNetwork, NoveltyNetwork, find_head
from build_scripts.networks.layouts import in_layout
from build_scripts.networks.logits import LogitsNetwork, check_logits
from build_scripts.networks.programs import read_program
from build_scripts.networks.trained import DISTANCE, LOGITS, TrainedModel
from build_scripts.networks.user_code import user_code
from build_scripts.networks.user_module import make_network
from build_scripts.networks.weights import read_weights
from build_scripts.recipes.user_novelty import spread_inputs, user_novelty
from build_scripts.recipes.user_recipe import NetworkPart, UserRecipe
from functions.core.models.manifest import Condition

log = logging.getLogger("build")


def user_model(recipe: UserRecipe, checkpoint: Path, training: LabelledRecords) -> TrainedModel:
    """Build a user's network with its weights and fit its novelty measure on windows of the training records.

    A network without a linear head on flat features has no distance; its package measures no novelty.

    Raises:
        RecipeError: the network's file does not make one, or its logits do not fit the recipe.
        CheckpointError: the checkpoint is none, holds code, or does not fit the network.
        DataError: the training records lack a class.
    """
    part, description, channels = recipe.content.network, recipe.description, recipe.content.model.channels
    checkpoint = checkpoint_file(checkpoint)
    plain = plain_network(recipe, checkpoint)
    ordered = _ordered(plain, (2, channels, description.window), description.conditions)
    inputs = spread_inputs(training, description.window)
    network = logits_network(ordered, part, inputs, len(description.classes))
    with torch.no_grad(), user_code("The network does not run on windows of the training records"):
        head = find_head(network, plain, copies(inputs), part.head)
    outputs: tuple[str, ...] = (LOGITS,)
    if head is None:
        log.info("the package measures no novelty: no linear layer gives the logits; head in [network] names a layer")
    else:
        log.info("novelty is measured on the input of the layer %s", head.name)
        featured = FeatureNetwork(network, head)
        network = NoveltyNetwork(featured, user_novelty(featured, training, description.window)).eval()
        outputs = (LOGITS, DISTANCE)
    return TrainedModel(description, channels, network, outputs, checkpoint)


def plain_network(recipe: UserRecipe, checkpoint: Path) -> nn.Module:
    """Return the network of a recipe as its file makes it, with the checkpoint's weights, in evaluation mode.

    Without a file in the recipe, the checkpoint is the network: TorchScript, or a program of torch.export.

    Raises:
        RecipeError: the network's file is missing or does not make one.
        CheckpointError: the checkpoint is none, holds code, or does not fit the network.
    """
    part, program = recipe.content.network, read_program(checkpoint)
    if part.file is None or part.factory is None:
        if program is None:
            read_weights(checkpoint)
            raise RecipeError(
                f"{checkpoint} holds weights alone: file and factory in [network] must name the code "
                "that makes the network."
            )
        return program
    network = make_network(recipe.path(part.file), part.factory, part.arguments)
    candidates = read_weights(checkpoint) if program is None else {"": dict(program.program.state_dict())}
    with user_code(f"The network of {part.file} does not take weights"):
        fill(network, candidates, checkpoint.name, part.weights)
        network = network.cpu().float().eval()
        with torch.no_grad():
            plain_weights(network)
        return network


def logits_network(plain: nn.Module, part: NetworkPart, inputs: Inputs, classes: int) -> nn.Module:
    """Return a network that gives logits float32 [B, classes] alone, checked on windows float32 [n, C, window].

    Behind the windows stand conditions of operation, float32 [n, K], where the network takes some.

    Raises:
        RecipeError: it fails, gives several outputs or probabilities that the recipe does not declare, or no logits.
    """
    chosen = LogitsNetwork(plain, part.output, classes)
    with torch.no_grad(), user_code("The network does not run on windows of the training records"):
        given = chosen(*copies(inputs))
        check_logits(given, len(inputs[0]), classes, part.gives)
        again = chosen(*copies(inputs))
        alone = chosen(*(one[:1].clone() for one in inputs))
    if not torch.allclose(again, given, rtol=TOLERANCE, atol=TOLERANCE):
        raise RecipeError(
            f"The network answers the same {len(inputs[0])} windows otherwise a second time, by up to "
            f"{float((again - given).abs().max()):.3g}: it draws at random in evaluation, "
            "as F.dropout without training=self.training does."
        )
    squeezed, probabilities = alone.shape == given.shape[1:], part.gives == "probabilities"
    if squeezed:
        log.info("the network leaves the batch's axis out for a single window, as squeeze() does; it is put back")
    if squeezed or probabilities:
        return LogitsNetwork(plain, part.output, classes, probabilities=probabilities, squeezed=squeezed).eval()
    return plain if part.output is None else chosen.eval()


def _ordered(network: nn.Module, shape: tuple[int, int, int], conditions: Sequence[Condition]) -> nn.Module:
    try:
        return in_layout(network, shape, conditions)
    except RecipeError as error:
        try:
            in_layout(network, (1, *shape[1:]), conditions)
        except RecipeError:
            raise error from None
        raise RecipeError(
            f"{str(error).removesuffix('.')}, while one window runs: leave its batch free, by x.shape[0] in place of a "
            "number, and by Dim.DYNAMIC in torch.export."
        ) from error
