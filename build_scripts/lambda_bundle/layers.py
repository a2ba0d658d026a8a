"""The contents of the function asset and of the runtime layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from build_scripts.lambda_bundle.distribution import Distribution, read_distribution
from build_scripts.lambda_bundle.packages.interpreter import Interpreter, with_bytecode
from build_scripts.lambda_bundle.packages.wheels import Wheel, unpack
from build_scripts.lambda_bundle.recipe import Recipe
from build_scripts.lambda_bundle.slimming.stripping import pruned
from build_scripts.lambda_bundle.tree import Tree, joined, placed, read_tree

# Folders of the asset and of layers on Lambda. Source: AWS Lambda developer guide, "Packaging your layer content".
ASSET, LAYERS, SITE = "/var/task", "/opt", "python/"


@dataclass(frozen=True)
class RuntimeLayer:
    """The third-party packages for one architecture, and which distributions they are."""

    tree: Tree
    distributions: Sequence[Distribution]


def function_asset(functions: Path, interpreter: Interpreter, recipe: Recipe) -> Tree:
    """Return the package `functions` with its bytecode, without what only builds it."""
    return with_bytecode(read_tree(functions, "functions/", recipe.only_builds), interpreter, ASSET)


def runtime_layer(wheels: Sequence[Wheel], recipe: Recipe, interpreter: Interpreter) -> RuntimeLayer:
    """Return the packages below python/ and their licences below licenses/.

    Raises:
        BundleError: two wheels have different files of one path, or a source cannot be compiled.
    """
    left_out = {one.distribution for one in recipe.left_out}
    used = [wheel for wheel in wheels if wheel.pin.name not in left_out]
    contents = [unpack(wheel.path) for wheel in used]
    distributions = [read_distribution(wheel, tree, recipe) for wheel, tree in zip(used, contents, strict=True)]
    packages = with_bytecode(placed(joined(pruned(tree, recipe) for tree in contents), SITE), interpreter, LAYERS)
    return RuntimeLayer(joined([packages, *(one.licences for one in distributions)]), distributions)
