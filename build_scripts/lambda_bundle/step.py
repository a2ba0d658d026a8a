"""The step that bundles: sources and wheels in, the files that AWS gets out, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from build_scripts.lambda_bundle.architecture import Architecture
from build_scripts.lambda_bundle.artifact import Artifact, Layers, pack
from build_scripts.lambda_bundle.checks.layer_gates import (
    check_bytecode,
    check_forbidden,
    check_libraries,
    check_licences,
    check_required,
    check_size,
)
from build_scripts.lambda_bundle.document import as_text, bundle_document
from build_scripts.lambda_bundle.layers import function_asset, runtime_layer
from build_scripts.lambda_bundle.models import models_layer, tree_of
from build_scripts.lambda_bundle.packages.interpreter import Interpreter, target_python
from build_scripts.lambda_bundle.packages.lock import read_pins
from build_scripts.lambda_bundle.packages.wheels import fetch_wheels
from build_scripts.lambda_bundle.recipe import Recipe, read_recipe
from build_scripts.lambda_bundle.revision import read_revision
from build_scripts.lambda_bundle.sbom import bill_of_materials
from build_scripts.lambda_bundle.tree import Tree

DOCUMENT, BILL = "bundle.json", "sbom.cdx.json"
BUNDLED = ("functions", "layers")


@dataclass(frozen=True)
class Sources:
    """The sources of a bundle, below the project's folder."""

    root: Path

    @property
    def functions(self) -> Path:
        """The package of the functions."""
        return self.root / "functions"

    @property
    def models(self) -> Path:
        """The model packages."""
        return self.root / "layers" / "models"

    @property
    def lock(self) -> Path:
        """The locked requirements of the runtime layer."""
        return self.root / "layers" / "runtime" / "requirements.txt"

    @property
    def recipe(self) -> Path:
        """The recipe of the runtime layer."""
        return self.root / "layers" / "runtime" / "recipe.toml"


def bundle(sources: Sources, out: Path, cache: Path, architectures: Sequence[Architecture]) -> dict[str, object]:
    """Build the bundle into a folder and return the content of bundle.json.

    Args:
        sources: of the bundle.
        out: folder of functions.zip, layers/, bundle.json and the bill of materials; written once all gates hold.
        cache: folder where wheels and the target's Python are kept.
        architectures: which layers to build.

    Raises:
        BundleError: a tool is missing, a wheel cannot be had or is another, or a model was changed.
        GateFailed: a figure is outside its limit.
    """
    recipe = read_recipe(sources.recipe)
    interpreter = target_python(recipe.python, cache)
    functions = _functions(sources, interpreter, recipe)
    layers = [_layers(sources, recipe, interpreter, one, cache) for one in architectures]
    for one in layers:
        parts = (functions, one.runtime, one.models)
        unzipped = sum(part.unzipped_bytes for part in parts)
        check_size(f"the bundle for {one.architecture.name}, unzipped", unzipped, recipe.bundle_mib)
    document = bundle_document(functions, layers, recipe, read_revision(sources.root, BUNDLED))
    texts = {DOCUMENT: as_text(document), BILL: bill_of_materials(functions, layers)}
    _write(out, [functions, *(part for one in layers for part in (one.runtime, one.models))], texts)
    return document


def _functions(sources: Sources, interpreter: Interpreter, recipe: Recipe) -> Artifact:
    tree = function_asset(sources.functions, interpreter, recipe)
    check_forbidden(tree, recipe)
    check_bytecode(tree, recipe)
    return pack("functions.zip", tree)


def _layers(sources: Sources, recipe: Recipe, interpreter: Interpreter, target: Architecture, cache: Path) -> Layers:
    pins = read_pins(sources.lock, target, recipe.python)
    runtime = runtime_layer(fetch_wheels(pins, target, recipe, cache / "wheels"), recipe, interpreter)
    check_licences(runtime.distributions)
    packages = models_layer(sources.models, target)
    return Layers(
        target,
        _runtime(runtime.tree, target, recipe),
        pack(f"layers/models-{target.name}.zip", tree_of(packages)),
        runtime.distributions,
        packages,
    )


def _runtime(tree: Tree, target: Architecture, recipe: Recipe) -> Artifact:
    check_forbidden(tree, recipe)
    check_required(tree, recipe)
    check_bytecode(tree, recipe)
    check_libraries(tree, target, recipe)
    artifact = pack(f"layers/runtime-{target.name}.zip", tree)
    budget = recipe.budget(target.name)
    check_size(f"{artifact.path}, unzipped", artifact.unzipped_bytes, budget.unzipped)
    check_size(f"{artifact.path}, zipped", len(artifact.content), budget.zipped)
    return artifact


def _write(out: Path, artifacts: Sequence[Artifact], texts: dict[str, str]) -> None:
    contents = {one.path: one.content for one in artifacts} | {name: text.encode() for name, text in texts.items()}
    for path, content in contents.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name(f"{target.name}.new")
        new.write_bytes(content)
        new.replace(target)
