"""The commands that make data, checkpoints, packages and the bundle."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from build_scripts.build_cli.parser import CHECKPOINTS, ROOT, WORK
from build_scripts.build_cli.tables import Report
from build_scripts.errors import BuildError

if TYPE_CHECKING:
    from build_scripts.recipes.recipe import ModelRecipe


def simulate_command(options: argparse.Namespace) -> Report:
    """Simulate records, example recordings, or both."""
    from build_scripts.data.records import write_records
    from build_scripts.data.simulate import SimulationConfig, simulate, write_examples

    if options.out is None and options.examples is None:
        raise ValueError("nothing to write: give --out FILE (records) or --examples DIR (WAV files).")
    written: list[str] = []
    if options.out is not None:
        records = simulate(SimulationConfig(options.records_per_cell, options.seed, options.workers))
        written.append(str(write_records(records, options.out)))
    if options.examples is not None:
        written += [str(path) for path in write_examples(options.examples, options.seed)]
    return {"written": written}


def train_command(options: argparse.Namespace) -> Report:
    """Train a recipe's network on a file of records."""
    from build_scripts.data.cwru_split import RecordingPart
    from build_scripts.data.records import read_records
    from build_scripts.networks.checkpoint import save_checkpoint
    from build_scripts.training.train import train

    recipe = recipe_named(options.model)
    config = replace(recipe.training, epochs=options.epochs or recipe.training.epochs)
    source = recipe.training_records
    records = source.load(options.data) if isinstance(source, RecordingPart) else read_records(options.data)
    checkpoint = train(records, recipe.description, recipe.network, config, options.state)
    return {"checkpoint": str(save_checkpoint(checkpoint, options.out)), **checkpoint.metrics}


def docs_command(options: argparse.Namespace) -> Report:
    """Build the documentation site."""
    from build_scripts.build_cli.site.capacity import write_plans
    from build_scripts.build_cli.site.site import build_site

    write_plans()
    site = build_site(options.out)
    return {"site": str(site.folder / "index.html"), "pages": len(site.pages)}


def package_command(options: argparse.Namespace) -> Report:
    """Package a trained checkpoint, or train it first."""
    from build_scripts.packaging.build import Destination
    from build_scripts.recipes.any_bearing import NAME
    from build_scripts.recipes.shipped_models import Material, build_from_scratch, build_package

    if options.model == NAME:
        return _any_bearing(options)
    recipe = recipe_named(options.model)
    name = recipe.description.name
    destination = Destination(WORK / name, options.models, options.version or recipe.version, options.force)
    material = Material(options.workers, options.data)
    shipped = CHECKPOINTS / f"{name}.pt"
    checkpoint = getattr(options, "checkpoint", None) or shipped
    make = build_from_scratch if options.step == "models" else build_package
    return logged(partial(make, recipe, checkpoint, destination, material), destination.work)


def _any_bearing(options: argparse.Namespace) -> Report:
    from build_scripts.packaging.build import Destination
    from build_scripts.recipes.any_bearing import NAME, VERSION, build_any_bearing, package_any_bearing

    destination = Destination(WORK / NAME, options.models, options.version or VERSION, options.force)
    checkpoint = getattr(options, "checkpoint", None) or CHECKPOINTS / f"{NAME}.pt"
    make = build_any_bearing if options.step == "models" else package_any_bearing
    return logged(partial(make, checkpoint, destination, options.workers, options.data), destination.work)


def trust_command(options: argparse.Namespace) -> Report:
    """Fit the trust of a shipped package again; `--write` puts it into the package."""
    from build_scripts.packaging.refit import refit_trust, write_trust
    from build_scripts.recipes.any_bearing import NAME, strangers_of_any
    from build_scripts.recipes.shipped_models import Material, strangers_of

    work = WORK / options.model
    if options.model == NAME:
        strangers = strangers_of_any(work, options.workers, options.data)
    else:
        strangers = strangers_of(recipe_named(options.model), work, Material(options.workers, options.data))
    refit = refit_trust(options.models, options.model, strangers)
    if options.write:
        write_trust(refit, options.models / options.model / refit.manifest.version)
    return refit.as_json()


def logged(make: Callable[[], Path], work: Path) -> Report:
    """Make a package with a log of it in the work folder and, once it is made, in the package."""
    from build_scripts.packaging.build_log import build_log, keep_log

    with build_log(work) as log:
        package = make()
    keep_log(log, package)
    return {"package": str(package)}


def build_command(options: argparse.Namespace) -> Report:
    """Take a user's checkpoint through the whole flow, or a shipped recipe's."""
    from build_scripts.packaging.build import Destination, build
    from build_scripts.recipes.recipe import RECIPES
    from build_scripts.recipes.shipped_models import Material, plan_of
    from build_scripts.recipes.user_plan import user_plan
    from build_scripts.recipes.user_recipe import read_recipe

    shipped = RECIPES.get(str(options.recipe))
    if shipped is not None:
        if options.checkpoint is None:
            raise ValueError(f"the recipe {options.recipe} is a shipped one: it takes --checkpoint, not --onnx.")
        work, version = WORK / shipped.description.name, options.version or shipped.version
        make_plan = partial(plan_of, shipped, options.checkpoint, work, Material(options.workers, options.data))
    else:
        recipe = read_recipe(options.recipe)
        work, version = WORK / recipe.content.model.name, options.version or recipe.content.model.version
        path, is_onnx = options.checkpoint or options.onnx, options.checkpoint is None
        make_plan = partial(user_plan, recipe, path, is_onnx=is_onnx, allow_overlap=options.allow_overlap)
    destination = Destination(work, options.out, version, options.force)
    return logged(lambda: build(replace(make_plan(), allow_float32=options.allow_float32), destination), work)


def card_command(options: argparse.Namespace) -> Report:
    """Render the card of a package again."""
    from build_scripts.evidence.card.step import write_card
    from functions.core.models.models import ModelRepository

    version = ModelRepository(options.models).find(options.model, options.version)
    return {"card": str(write_card(options.models / options.model / version))}


def bundle_command(options: argparse.Namespace) -> Report:
    """Build function asset, layers, bundle.json and bill of materials."""
    from build_scripts.lambda_bundle.architecture import ARCHITECTURES
    from build_scripts.lambda_bundle.step import Sources, bundle

    chosen = [one for name, one in ARCHITECTURES.items() if options.architecture in {name, "both"}]
    return bundle(Sources(ROOT), options.out, options.cache or options.out, chosen)


def recipe_named(name: str) -> "ModelRecipe":
    """Return the recipe of a model this project ships.

    Raises:
        BuildError: there is none of this name.
    """
    from build_scripts.recipes.recipe import RECIPES

    if name not in RECIPES:
        raise BuildError(f"There is no recipe {name!r}; the recipes: {', '.join(RECIPES)}.")
    return RECIPES[name]
