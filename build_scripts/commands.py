"""What each command does: arguments to a report. torch and onnx load only with the step that needs them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from build_scripts.errors import BuildError
from build_scripts.parser import CHECKPOINTS, WORK

if TYPE_CHECKING:
    from build_scripts.quantization.techniques import QuantizationOptions
    from build_scripts.recipe import ModelRecipe

Report = dict[str, object]

PRECISIONS = {"static": "int8", "dynamic": "int8", "half": "fp16", "weights": "int8"}


def simulate_command(options: argparse.Namespace) -> Report:
    """Simulate records, example recordings, or both."""
    from build_scripts.records import write_records
    from build_scripts.simulate import SimulationConfig, simulate, write_examples

    if options.out is None and options.examples is None:
        raise ValueError("say where to write: --out FILE for records, --examples DIR for WAV files.")
    written: list[str] = []
    if options.out is not None:
        records = simulate(SimulationConfig(options.records_per_cell, options.seed, options.workers))
        written.append(str(write_records(records, options.out)))
    if options.examples is not None:
        written += [str(path) for path in write_examples(options.examples, options.seed)]
    return {"written": written}


def train_command(options: argparse.Namespace) -> Report:
    """Train a recipe's network on a file of records."""
    from build_scripts.checkpoint import save_checkpoint
    from build_scripts.cwru_split import RecordingPart
    from build_scripts.records import read_records
    from build_scripts.train import train

    recipe = recipe_named(options.model)
    config = replace(recipe.training, epochs=options.epochs or recipe.training.epochs)
    source = recipe.training_records
    records = source.load(options.data) if isinstance(source, RecordingPart) else read_records(options.data)
    checkpoint = train(records, recipe.description, recipe.network, config, options.state)
    return {"checkpoint": str(save_checkpoint(checkpoint, options.out)), **checkpoint.metrics}


def export_command(options: argparse.Namespace) -> Report:
    """Export a checkpoint."""
    from build_scripts.checkpoint import load_checkpoint
    from build_scripts.export import export

    exported = export(load_checkpoint(options.checkpoint), options.out)
    return {"model": str(exported.path), "max_abs_difference": exported.max_abs_difference}


def validate_command(options: argparse.Namespace) -> Report:
    """Check an exported model against the checkpoint it was made from."""
    from build_scripts.checkpoint import load_checkpoint, restore_network
    from build_scripts.export import contract_of
    from build_scripts.validate import validate

    checkpoint = load_checkpoint(options.checkpoint)
    return asdict(validate(options.model, restore_network(checkpoint), contract_of(checkpoint)))


def optimize_command(options: argparse.Namespace) -> Report:
    """Rewrite and fuse a model, and time it beside the one it came from."""
    from build_scripts.optimize import optimize, speed_ratio

    optimized = optimize(options.model, options.out, options.level)
    return optimized.as_json() | {"speed_ratio": speed_ratio(options.model, optimized.path)}


def quantize_command(options: argparse.Namespace) -> Report:
    """Quantize an exported model; with a file of records also compare the two on its windows."""
    from build_scripts.quantization.operators import executed_operators
    from build_scripts.quantization.parity import parity
    from build_scripts.quantization.techniques import TECHNIQUES

    told = _quantization_options(options)
    path = TECHNIQUES[options.method](options.model, options.out, told)
    sizes = {"fp32": options.model.stat().st_size, PRECISIONS[options.method]: path.stat().st_size}
    report = {
        "model": str(path),
        "size_bytes": sizes,
        "size_ratio": path.stat().st_size / sizes["fp32"],
        "operators": dict(executed_operators(path)),
    }
    windows = told.calibration_windows
    return report if windows is None else report | {"parity": asdict(parity(options.model, path, windows))}


def _quantization_options(options: argparse.Namespace) -> QuantizationOptions:
    from build_scripts.flow import calibration_windows
    from build_scripts.labelled import read_labelled
    from build_scripts.measure import onnx_property
    from build_scripts.quantization.techniques import QuantizationOptions

    windows = None
    if options.data is not None:
        length = int(onnx_property(options.model, "window"))
        windows = calibration_windows(read_labelled(options.data), length, options.windows)
    return QuantizationOptions(
        calibration_windows=windows,
        calibration=options.calibration,
        per_channel=not options.per_tensor,
        bits=options.bits,
        dynamic_weights=options.dynamic_weights,
        exclude=tuple(options.exclude),
    )


def qat_command(options: argparse.Namespace) -> Report:
    """Fine-tune a checkpoint with rounding and write it as int8."""
    from build_scripts.checkpoint import load_checkpoint
    from build_scripts.quantization.operators import executed_operators
    from build_scripts.quantization.qat.prepare import AwareConfig
    from build_scripts.quantization.qat.step import train_quantized
    from build_scripts.records import read_records

    config = AwareConfig(options.epochs, options.batch_size, bits=options.bits, seed=options.seed)
    model = train_quantized(load_checkpoint(options.checkpoint), read_records(options.data), options.out, config)
    losses = {str(epoch): loss for epoch, loss in enumerate(model.losses, 1)}
    operators = dict(executed_operators(model.path))
    return {"model": str(model.path), "loss_of_epoch": losses, "operators": operators}


def prune_command(options: argparse.Namespace) -> Report:
    """Prune a checkpoint, fine-tune it, and measure it before and after."""
    from build_scripts.checkpoint import load_checkpoint, save_checkpoint
    from build_scripts.fine_tune import TuningConfig
    from build_scripts.labelled import read_labelled
    from build_scripts.pruning.kinds import Structured, Unstructured
    from build_scripts.pruning.report import Proof, pruning_report
    from build_scripts.pruning.step import LEARNING_RATE, prune, require_fitting_checkpoint

    if options.out.resolve() == options.checkpoint.resolve():
        raise ValueError(f"--out is the checkpoint itself, {options.out}: a step never changes its input.")
    pruning = (
        Unstructured(options.unstructured)
        if options.structured is None
        else Structured(options.structured, options.norm, options.multiple)
    )
    config = TuningConfig(options.epochs, options.batch_size, LEARNING_RATE, options.seed)
    checkpoint, records = load_checkpoint(options.checkpoint), read_labelled(options.data)
    proof = Proof("training", records) if options.unseen is None else Proof("unseen", read_labelled(options.unseen))
    require_fitting_checkpoint(proof.records, checkpoint)
    model = prune(checkpoint, records, pruning, config)
    report = pruning_report(checkpoint, model, proof, options.out.name)
    return {
        "checkpoint": str(save_checkpoint(model.tuned, options.out)),
        "kind": pruning.kind,
        **asdict(pruning),
        **report,
    }


def calibrate_command(options: argparse.Namespace) -> Report:
    """Fit the calibration of an ONNX model."""
    from build_scripts.calibrate import calibrate
    from build_scripts.labelled import read_labelled
    from build_scripts.measure import onnx_property
    from build_scripts.outputs import run_records
    from functions.core.engine import OnnxEngine

    window, engine = int(onnx_property(options.model, "window")), OnnxEngine(options.model)
    fitting, unseen = (run_records(engine, read_labelled(path), window) for path in (options.fitting, options.unseen))
    calibration = calibrate(fitting, unseen)
    return {
        "temperature": calibration.temperature,
        "join": calibration.join.model_dump(),
        "novelty": calibration.novelty.model_dump(),
        "scores": {name: asdict(score) for name, score in calibration.scores.items()},
        "novelty_false_alarm_rate": calibration.false_alarm_rate,
    }


def package_command(options: argparse.Namespace) -> Report:
    """Package a trained checkpoint, or train it first."""
    from build_scripts.flow import Destination, Material, build_from_scratch, build_package

    recipe = recipe_named(options.model)
    name = recipe.description.name
    destination = Destination(WORK / name, options.models, options.version, options.force)
    material = Material(options.workers, options.data)
    shipped = CHECKPOINTS / f"{name}.pt"
    if options.step == "models":
        return {"package": str(build_from_scratch(recipe, shipped, destination, material))}
    return {"package": str(build_package(recipe, options.checkpoint or shipped, destination, material))}


def evaluate_command(options: argparse.Namespace) -> Report:
    """Evaluate a packaged model on a file of records."""
    from build_scripts.evaluate import evaluate
    from build_scripts.labelled import read_labelled

    return evaluate(options.models, options.model, read_labelled(options.data)).as_json()


def benchmark_command(options: argparse.Namespace) -> Report:
    """Time what was asked for; `--all` gives one report for each benchmark."""
    from build_scripts import benchmark
    from build_scripts.benchmark_page import write_benchmarks
    from functions.core.models import ModelRepository

    if options.write is not None and not options.all:
        raise ValueError("--write needs --all: the page shows every benchmark.")

    quick = options.quick
    available: Mapping[str, Callable[[], Report]] = {
        "against_reference": lambda: benchmark.benchmark_against_reference(options.models, options.model, quick=quick),
        "reference": lambda: benchmark.benchmark_reference(quick=quick),
        "http": lambda: benchmark.run_http_benchmark(quick=quick),
    }
    reports = {name: run() for name, run in available.items() if options.all or getattr(options, name)}
    if options.write is not None:
        write_benchmarks(reports, ModelRepository(options.models).manifest(options.model), options.write)
    return dict(reports) if options.all else next(iter(reports.values()))


def recipe_named(name: str) -> ModelRecipe:
    """Return the recipe of a model this project ships.

    Raises:
        BuildError: there is none of this name.
    """
    from build_scripts.recipe import RECIPES

    if name not in RECIPES:
        raise BuildError(f"There is no recipe {name!r}; the recipes: {', '.join(RECIPES)}.")
    return RECIPES[name]


COMMANDS: Mapping[str, Callable[[argparse.Namespace], Report]] = {
    "simulate": simulate_command,
    "train": train_command,
    "export": export_command,
    "optimize": optimize_command,
    "validate": validate_command,
    "quantize": quantize_command,
    "qat": qat_command,
    "prune": prune_command,
    "calibrate": calibrate_command,
    "package": package_command,
    "models": package_command,
    "evaluate": evaluate_command,
    "benchmark": benchmark_command,
}
