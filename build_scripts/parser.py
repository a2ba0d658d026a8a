"""The arguments of every build step."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "layers" / "models"
CHECKPOINTS = ROOT / "build_scripts" / "checkpoints"
WORK = ROOT / "build" / "models"
DEFAULT_MODEL = "journal-bearing"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all steps; `step` names the one that was chosen."""
    parser = argparse.ArgumentParser(prog="python -m build_scripts", description="Build, prove and package models.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    _add_data_steps(steps)
    _add_file_steps(steps)
    _add_package_steps(steps)
    _add_measuring_steps(steps)
    return parser


Steps = argparse._SubParsersAction


def _add_data_steps(steps: Steps[argparse.ArgumentParser]) -> None:
    simulate = steps.add_parser("simulate", help="simulate labelled records, or one example recording per class")
    simulate.add_argument("--out", type=Path, help="write records to this .npz file")
    simulate.add_argument("--examples", type=Path, metavar="DIR", help="write example WAV files into this folder")
    simulate.add_argument("--records-per-cell", type=int, default=2, help="records of each class and severity")
    simulate.add_argument("--seed", type=int, default=2026)
    _add_workers(simulate)
    train = steps.add_parser("train", help="train a recipe's network on records; goes on where it was interrupted")
    _add_model(train)
    train.add_argument("--data", type=Path, required=True, help="records to train on (.npz), or a folder of recordings")
    train.add_argument("--state", type=Path, required=True, help="file of the state after each epoch")
    train.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    train.add_argument("--epochs", type=int, help="default: the recipe's")


def _add_file_steps(steps: Steps[argparse.ArgumentParser]) -> None:
    export = steps.add_parser("export", help="export a checkpoint to ONNX and prove it equal to PyTorch")
    export.add_argument("--checkpoint", type=Path, required=True)
    export.add_argument("--out", type=Path, required=True)
    validate = steps.add_parser("validate", help="check an ONNX model against its checkpoint; lists all that fails")
    validate.add_argument("--model", type=Path, required=True, help="exported float32 model")
    validate.add_argument("--checkpoint", type=Path, required=True)
    _add_json(validate)
    quantize = steps.add_parser("quantize", help="quantize an exported model to static int8")
    quantize.add_argument("--model", type=Path, required=True, help="exported float32 model")
    quantize.add_argument("--data", type=Path, required=True, help="records whose windows calibrate the ranges (.npz)")
    quantize.add_argument("--windows", type=int, default=256)
    quantize.add_argument("--out", type=Path, required=True)
    calibrate = steps.add_parser("calibrate", help="fit temperature, join rule and novelty threshold")
    calibrate.add_argument("--model", type=Path, required=True, help="ONNX model")
    calibrate.add_argument("--fitting", type=Path, required=True, help="records to fit to (.npz)")
    calibrate.add_argument("--unseen", type=Path, required=True, help="records to choose and to report by (.npz)")
    _add_json(calibrate)


def _add_package_steps(steps: Steps[argparse.ArgumentParser]) -> None:
    package = steps.add_parser("package", help="export, quantize, calibrate, prove and package a trained checkpoint")
    models = steps.add_parser("models", help="make the shipped models from scratch, training included")
    package.add_argument("--checkpoint", type=Path, help="default: the shipped one")
    for parser in (package, models):
        _add_model(parser)
        parser.add_argument("--version", default="1")
        parser.add_argument("--force", action="store_true", help="replace the version where it exists")
        parser.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")
        parser.add_argument("--data", type=Path, metavar="DIR", help="recordings of a model that is made from some")
        _add_workers(parser)


def _add_measuring_steps(steps: Steps[argparse.ArgumentParser]) -> None:
    evaluate = steps.add_parser("evaluate", help="measure a packaged model on labelled records")
    _add_model(evaluate)
    evaluate.add_argument("--data", type=Path, required=True, help="records (.npz)")
    evaluate.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")
    _add_json(evaluate)
    benchmark = steps.add_parser("benchmark", help="time models side by side")
    which = benchmark.add_mutually_exclusive_group(required=True)
    which.add_argument("--reference", action="store_true", help="the reference network: PyTorch, float32, int8")
    which.add_argument(
        "--against-reference", action="store_true", help="the shipped model beside the reference network"
    )
    which.add_argument("--http", action="store_true", help="requests to the server")
    which.add_argument("--all", action="store_true", help="all of these")
    benchmark.add_argument("--quick", action="store_true", help="fewer rounds")
    benchmark.add_argument("--write", type=Path, metavar="DIR", help="write benchmarks.json and benchmarks.md")
    benchmark.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")
    _add_model(benchmark)
    _add_json(benchmark)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name of the model (default: %(default)s)")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that simulate")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
