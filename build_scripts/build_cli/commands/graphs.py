"""The commands that work on checkpoints and ONNX files."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from build_scripts.build_cli.tables import Report

if TYPE_CHECKING:
    from build_scripts.data.labelled import DataSet
    from build_scripts.quantization.qat.prepare import AwareConfig
    from build_scripts.quantization.techniques import QuantizationOptions


def export_command(options: argparse.Namespace) -> Report:
    """Export a checkpoint."""
    from build_scripts.export.export import export
    from build_scripts.export.torch_export import ExportOptions
    from build_scripts.networks.checkpoint import load_checkpoint

    export_options = ExportOptions(options.exporter, options.opset)
    exported = export(load_checkpoint(options.checkpoint), options.out, options=export_options)
    return {"model": str(exported.path), "max_abs_difference": exported.max_abs_difference}


def validate_command(options: argparse.Namespace) -> Report:
    """Check an exported model against the checkpoint it was made from."""
    from build_scripts.export.export import contract_of
    from build_scripts.export.validate import validate
    from build_scripts.networks.trained import trained_model

    model = trained_model(options.checkpoint)
    return asdict(validate(options.model, model.network, contract_of(model)))


def optimize_command(options: argparse.Namespace) -> Report:
    """Rewrite and fuse a model, and time it beside the one it came from."""
    from build_scripts.export.optimize import optimize, speed_ratio

    optimized = optimize(options.model, options.out, options.level)
    return optimized.as_json() | {"speed_ratio": speed_ratio(options.model, optimized.path)}


def quantize_command(options: argparse.Namespace) -> Report:
    """Quantize an exported model; with a file of records also compare the two on its windows."""
    from build_scripts.quantization.deviation import logit_deviation
    from build_scripts.quantization.operators import executed_operators
    from build_scripts.quantization.techniques import TECHNIQUES

    technique, quantization = TECHNIQUES[options.method], _quantization_options(options)
    path = technique.quantizer(options.model, options.out, quantization)
    sizes = {"fp32": options.model.stat().st_size, technique.precision: path.stat().st_size}
    report: Report = {
        "model": str(path),
        "size_bytes": sizes,
        "size_ratio": path.stat().st_size / sizes["fp32"],
    }
    if technique.precision != "fp16":
        # A CPU shows nothing of how a GPU runs it.
        report["operators"] = dict(executed_operators(path))
    windows = quantization.calibration_windows
    if windows is None:
        return report
    return report | {"parity": asdict(logit_deviation(options.model, path, windows, quantization.conditions))}


def _quantization_options(options: argparse.Namespace) -> "QuantizationOptions":
    from build_scripts.evidence.measure import onnx_property
    from build_scripts.packaging.build import calibration_conditions, calibration_windows
    from build_scripts.quantization.techniques import QuantizationOptions

    windows, rows = None, None
    if options.data is not None:
        length, records = int(onnx_property(options.model, "window")), _records_for(options.model, options.data)
        windows = calibration_windows(records, length, options.windows)
        rows = calibration_conditions(records, length, options.windows)
    return QuantizationOptions(
        calibration_windows=windows,
        conditions=rows,
        calibration=options.calibration,
        per_channel=not options.per_tensor,
        bits=options.bits,
        dynamic_weights=options.dynamic_weights,
        scope=options.scope,
        rewrite=options.rewrite,
        exclude=tuple(options.exclude),
    )


def _records_for(model: Path, data: Path) -> "DataSet":
    """Return the records of a file with the conditions of operation that an ONNX file takes."""
    from build_scripts.data.labelled import read_labelled, with_conditions
    from build_scripts.export.onnx_file import properties, read_model
    from build_scripts.networks.conditions import read_conditions

    return with_conditions(read_labelled(data), read_conditions(properties(read_model(model))), data, model.name)


def qat_command(options: argparse.Namespace) -> Report:
    """Fine-tune a network with rounding and write it as int8."""
    from build_scripts.quantization.operators import executed_operators
    from build_scripts.quantization.qat.prepare import AwareConfig

    config = AwareConfig(
        options.epochs, options.batch_size, options.learning_rate, bits=options.bits, seed=options.seed
    )
    train = _train_checkpoint if options.recipe is None else _train_of_recipe
    losses, rest = train(options, config)
    report = {"model": str(options.out), "loss_of_epoch": {str(epoch): loss for epoch, loss in enumerate(losses, 1)}}
    return report | {"operators": dict(executed_operators(options.out))} | rest


def _train_checkpoint(options: argparse.Namespace, config: "AwareConfig") -> tuple[tuple[float, ...], Report]:
    from build_scripts.data.records import read_records
    from build_scripts.networks.checkpoint import load_checkpoint
    from build_scripts.quantization.qat.step import train_quantized

    checkpoint, records = load_checkpoint(options.checkpoint), read_records(options.data)
    return train_quantized(checkpoint, records, options.out, config).losses, {}


def _train_of_recipe(options: argparse.Namespace, config: "AwareConfig") -> tuple[tuple[float, ...], Report]:
    from build_scripts.recipes.user_aware import train_of_recipe
    from build_scripts.recipes.user_recipe import read_recipe

    trained = train_of_recipe(read_recipe(options.recipe), options.checkpoint, options.out, config)
    result, sizes = trained.result, trained.size_bytes
    return result.losses, {
        "integer_layers": list(result.layers),
        "float32_parts": result.floating,
        "max_abs_difference": result.max_abs_difference,
        "length": "free" if trained.fixed_length is None else f"fixed: {trained.fixed_length}",
        "size_bytes": dict(sizes),
        "size_ratio": sizes["int8"] / sizes["float32"],
        **trained.figures,
    }


def prune_command(options: argparse.Namespace) -> Report:
    """Prune a checkpoint, fine-tune it, and measure it before and after."""
    from build_scripts.data.labelled import read_labelled
    from build_scripts.networks.checkpoint import load_checkpoint, save_checkpoint
    from build_scripts.pruning.kinds import Structured, Unstructured
    from build_scripts.pruning.report import EvaluationRecords, pruning_report
    from build_scripts.pruning.step import LEARNING_RATE, prune, require_fitting_checkpoint
    from build_scripts.training.fine_tune import TuningConfig

    if options.out.resolve() == options.checkpoint.resolve():
        raise ValueError(f"--out is the checkpoint itself, {options.out}: a step never changes its input.")
    pruning = (
        Unstructured(options.unstructured)
        if options.structured is None
        else Structured(options.structured, options.norm, options.multiple)
    )
    config = TuningConfig(options.epochs, options.batch_size, LEARNING_RATE, options.seed)
    checkpoint, records = load_checkpoint(options.checkpoint), read_labelled(options.data)
    evaluation = EvaluationRecords("training", records)
    if options.unseen is not None:
        evaluation = EvaluationRecords("unseen", read_labelled(options.unseen))
    require_fitting_checkpoint(evaluation.records, checkpoint)
    model = prune(checkpoint, records, pruning, config)
    report = pruning_report(checkpoint, model, evaluation, options.out.name)
    return {
        "checkpoint": str(save_checkpoint(model.tuned, options.out)),
        "kind": pruning.kind,
        **asdict(pruning),
        **report,
    }


def calibrate_command(options: argparse.Namespace) -> Report:
    """Fit the calibration of an ONNX model."""
    from build_scripts.evidence.calibrate import calibrate
    from build_scripts.evidence.measure import onnx_property
    from build_scripts.measuring.outputs import run_records
    from functions.core.models.engine import OnnxEngine

    window, engine = int(onnx_property(options.model, "window")), OnnxEngine(options.model)
    fitting, unseen = (
        run_records(engine, _records_for(options.model, path), window) for path in (options.fitting, options.unseen)
    )
    calibration = calibrate(fitting, unseen)
    return {
        "temperature": calibration.temperature,
        "join": msgspec.to_builtins(calibration.join),
        "novelty": msgspec.to_builtins(calibration.novelty) if calibration.novelty else None,
        "scores": {name: asdict(score) for name, score in calibration.scores.items()},
        "novelty_false_alarm_rate": calibration.false_alarm_rate,
    }
