"""The arguments of every build step."""

import argparse
import os
from pathlib import Path
from typing import TypeAlias

from build_scripts.quantization.techniques import (
    CALIBRATIONS,
    DYNAMIC_WEIGHTS,
    SCOPES,
    TECHNIQUES,
    WEIGHT_BITS,
    QuantizationOptions,
)

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "layers" / "models"
CHECKPOINTS = ROOT / "build_scripts" / "checkpoints"
BUILD = ROOT / "build"
WORK = BUILD / "models"
CORPUS = ROOT / "tests" / "fixtures" / "attack"
DEFAULT_MODEL = "journal-bearing"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all steps; `step` names the one that was chosen."""
    parser = argparse.ArgumentParser(prog="python -m build_scripts", description="Build, prove and package models.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    _add_data_steps(steps)
    _add_file_steps(steps)
    _add_quantization_step(steps)
    _add_aware_step(steps)
    _add_prune_step(steps)
    _add_package_steps(steps)
    _add_build_step(steps)
    _add_measuring_steps(steps)
    _add_benchmark_step(steps)
    _add_attack_step(steps)
    _add_bundle_step(steps)
    _add_docs_step(steps)
    return parser


Steps: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add_data_steps(steps: Steps) -> None:
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


def _add_file_steps(steps: Steps) -> None:
    export = steps.add_parser("export", help="export a checkpoint to ONNX and prove it equal to PyTorch")
    export.add_argument("--checkpoint", type=Path, required=True)
    export.add_argument("--out", type=Path, required=True)
    export.add_argument("--exporter", choices=("dynamo", "legacy"), default="dynamo", help="PyTorch's (%(default)s)")
    export.add_argument("--opset", type=int, default=20, help="of the operators (default: %(default)s)")
    optimize = steps.add_parser("optimize", help="rewrite and fuse a model's graph, proven equal after each pass")
    optimize.add_argument("--model", type=Path, required=True, help="float32 ONNX model, any names and shapes")
    optimize.add_argument("--out", type=Path, required=True)
    optimize.add_argument(
        "--level", choices=("basic", "extended", "all"), default="all", help="of onnxruntime (default: %(default)s)"
    )
    _add_json(optimize)
    validate = steps.add_parser("validate", help="check an ONNX model against its checkpoint; lists all that fails")
    validate.add_argument("--model", type=Path, required=True, help="exported float32 model")
    validate.add_argument("--checkpoint", type=Path, required=True)
    _add_json(validate)
    calibrate = steps.add_parser("calibrate", help="fit temperature, join rule and novelty threshold")
    calibrate.add_argument("--model", type=Path, required=True, help="ONNX model")
    calibrate.add_argument("--fitting", type=Path, required=True, help="records to fit to (.npz)")
    calibrate.add_argument("--unseen", type=Path, required=True, help="records to choose and to report by (.npz)")
    _add_json(calibrate)


def _add_quantization_step(steps: Steps) -> None:
    defaults = QuantizationOptions()
    quantize = steps.add_parser("quantize", help="quantize an exported model: static int8, or another technique")
    quantize.add_argument("--model", type=Path, required=True, help="exported float32 model")
    quantize.add_argument("--out", type=Path, required=True)
    quantize.add_argument("--method", choices=tuple(TECHNIQUES), default="static")
    needing = " and ".join(name for name, technique in TECHNIQUES.items() if technique.needs_windows)
    quantize.add_argument(
        "--data", type=Path, help=f"records whose windows calibrate or compare (.npz); {needing} needs it"
    )
    quantize.add_argument("--windows", type=int, default=256, help="how many (default: %(default)s)")
    quantize.add_argument("--calibration", choices=CALIBRATIONS, default=defaults.calibration)
    quantize.add_argument("--per-tensor", action="store_true", help="one scale for all channels of a weight")
    quantize.add_argument("--bits", type=int, default=defaults.bits, help="of a weight (default: %(default)s)")
    quantize.add_argument(
        "--dynamic-weights", choices=DYNAMIC_WEIGHTS, default=defaults.dynamic_weights, help="type of them"
    )
    quantize.add_argument("--scope", choices=SCOPES, help="which operators (default: the method's own)")
    quantize.add_argument("--rewrite", action="store_true", help="static: the graph as integer kernels run it fastest")
    quantize.add_argument("--exclude", nargs="+", default=[], metavar="LAYER", help="layers left in float32, by name")
    _add_json(quantize)


def _add_aware_step(steps: Steps) -> None:
    qat = steps.add_parser("qat", help="fine-tune a network with rounding and write it as int8")
    qat.add_argument("--checkpoint", type=Path, required=True)
    source = qat.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="records to train a checkpoint of this project on (.npz)")
    source.add_argument("--recipe", type=Path, help="recipe of a network of your own (.toml), with its records")
    qat.add_argument("--out", type=Path, required=True, help="ONNX model to write")
    qat.add_argument("--epochs", type=int, default=3, help="(default: %(default)s)")
    qat.add_argument("--batch-size", type=int, default=64, help="windows of a step (default: %(default)s)")
    qat.add_argument("--learning-rate", type=float, default=2e-4, help="at the start (default: %(default)s)")
    qat.add_argument(
        "--bits", type=int, choices=WEIGHT_BITS, default=WEIGHT_BITS[0], help="of a weight (default: %(default)s)"
    )
    qat.add_argument("--seed", type=int, default=0)
    _add_json(qat)


def _add_prune_step(steps: Steps) -> None:
    prune = steps.add_parser("prune", help="take channels or weights off a checkpoint's network and fine-tune the rest")
    prune.add_argument("--checkpoint", type=Path, required=True)
    prune.add_argument("--data", type=Path, required=True, help="records to train on (.npz)")
    prune.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    kind = prune.add_mutually_exclusive_group(required=True)
    kind.add_argument("--structured", type=float, metavar="SHARE", help="of each stage's channels, which go")
    kind.add_argument("--unstructured", type=float, metavar="SHARE", help="of all weights, which become zero")
    prune.add_argument("--norm", type=int, choices=(1, 2), default=2, help="that ranks channels (default: %(default)s)")
    prune.add_argument("--multiple", type=int, default=8, help="of channels that stay (default: %(default)s)")
    prune.add_argument("--unseen", type=Path, help="records to measure accuracy on (.npz; default: those of --data)")
    prune.add_argument("--epochs", type=int, default=5, help="(default: %(default)s)")
    prune.add_argument("--batch-size", type=int, default=64, help="windows of a step (default: %(default)s)")
    prune.add_argument("--seed", type=int, default=0)
    _add_json(prune)


def _add_package_steps(steps: Steps) -> None:
    package = steps.add_parser("package", help="export, quantize, calibrate, prove and package a trained checkpoint")
    models = steps.add_parser("models", help="make the shipped models from scratch, training included")
    package.add_argument("--checkpoint", type=Path, help="default: the shipped one")
    for parser in (package, models):
        _add_model(parser)
        parser.add_argument("--version", help="default: the recipe's")
        parser.add_argument("--force", action="store_true", help="replace the version where it exists")
        parser.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")
        parser.add_argument("--data", type=Path, metavar="DIR", help="recordings of a model that is made from some")
        _add_workers(parser)


def _add_build_step(steps: Steps) -> None:
    build = steps.add_parser("build", help="take a checkpoint of your own to a proven, quantized package")
    source = build.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--checkpoint", type=Path, help="weights (state_dict, safetensors), TorchScript or torch.export"
    )
    source.add_argument("--onnx", type=Path, help="a float32 ONNX file from elsewhere, in place of a checkpoint")
    build.add_argument("--recipe", type=Path, required=True, help="recipe (.toml), or the name of a shipped model")
    build.add_argument("--out", type=Path, default=MODELS, metavar="DIR", help="folder of the packages")
    build.add_argument("--version", help="default: the recipe's")
    build.add_argument("--force", action="store_true", help="replace the version where it exists")
    build.add_argument("--allow-float32", action="store_true", help="package float32 alone if no int8 variant passes")
    build.add_argument(
        "--allow-overlap", action="store_true", help="package records shared by the sets with a warning on the card"
    )
    build.add_argument("--data", type=Path, metavar="DIR", help="recordings of a shipped model that is made from some")
    _add_workers(build)
    trust = steps.add_parser("trust", help="fit the trust of a shipped package again, as its build does")
    _add_model(trust)
    trust.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")
    trust.add_argument("--data", type=Path, metavar="DIR", help="recordings of a model that is made from some")
    trust.add_argument("--write", action="store_true", help="into manifest, proof and card")
    _add_workers(trust)
    _add_json(trust)
    card = steps.add_parser("card", help="render CARD.md and its plots from a package's manifest and proof")
    _add_model(card)
    card.add_argument("--version", help="default: the newest")
    card.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")


def _add_measuring_steps(steps: Steps) -> None:
    evaluate = steps.add_parser("evaluate", help="measure a packaged model on labelled records")
    _add_model(evaluate)
    judged_by = evaluate.add_mutually_exclusive_group(required=True)
    judged_by.add_argument(
        "--data", type=Path, help="records (.npz); any-bearing: or a folder, each size and load left out"
    )
    judged_by.add_argument(
        "--disturbed",
        action="store_true",
        help="journal-bearing: simulated records of other speeds, filters, offsets, gains, sensors",
    )
    evaluate.add_argument(
        "--write", type=Path, metavar="DIR", help="any-bearing, --disturbed: onto the card, and into benchmarks.*"
    )
    evaluate.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")
    _add_json(evaluate)
    emulate = steps.add_parser("emulate", help="run a package on another processor, emulated by qemu-user")
    _add_model(emulate)
    emulate.add_argument("--processor", choices=("haswell", "arm64"), required=True, help="AVX2 without VNNI, or Arm")
    emulate.add_argument("--data", type=Path, required=True, help="records (.npz)")
    emulate.add_argument("--windows", type=int, default=256, help="how many, spread over them (default: %(default)s)")
    emulate.add_argument("--version", help="default: the newest")
    emulate.add_argument("--write", action="store_true", help="put what was found on the package's card")
    emulate.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")
    _add_json(emulate)


def _add_benchmark_step(steps: Steps) -> None:
    benchmark = steps.add_parser("benchmark", help="time models side by side")
    which = benchmark.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--reference", action="store_true", help="the reference network: PyTorch, float32, every quantization"
    )
    which.add_argument("--variants", action="store_true", help="the same of a packaged model and its checkpoint")
    which.add_argument(
        "--against-reference", action="store_true", help="the shipped model beside the reference network"
    )
    which.add_argument("--networks", action="store_true", help="everyday networks, beside onnxruntime's quantization")
    which.add_argument("--http", action="store_true", help="requests to the server")
    which.add_argument("--bearing", action="store_true", help="a window whose shaft speed and bearing are stated")
    which.add_argument("--cold-start", action="store_true", help="the bundle in the local Lambda; needs root")
    which.add_argument("--serving", action="store_true", help="the container under 64 clients, beside FastAPI")
    which.add_argument("--jobs", action="store_true", help="a thousand recordings through local_server.py; histories")
    which.add_argument("--peers", action="store_true", help="beside other servers, each in its own environment")
    which.add_argument("--fleet", action="store_true", help="100,000 diagnoses of 1,000 assets in DynamoDB, counted")
    which.add_argument("--soak", action="store_true", help="both servers at 80 %% of their saturation, for --minutes")
    which.add_argument("--all", action="store_true", help="all of these but --peers, --fleet and --soak")
    benchmark.add_argument("--quick", action="store_true", help="fewer rounds; batch 1 on one thread only")
    benchmark.add_argument("--minutes", type=float, default=30, help="of --soak, each server (default: %(default)s)")
    benchmark.add_argument("--checkpoint", type=Path, help="of the packaged model (default: the shipped one)")
    benchmark.add_argument("--write", type=Path, metavar="DIR", help="write it into benchmarks.json and benchmarks.md")
    benchmark.add_argument("--models", type=Path, default=MODELS, help="folder of the packages")
    _add_model(benchmark)
    _add_json(benchmark)


def _add_attack_step(steps: Steps) -> None:
    attack = steps.add_parser("attack", help="fuzz decoders, apps and readers; slow connections and a soak of servers")
    attack.add_argument("--cases", type=int, default=200_000, help="of the fuzzer (default: %(default)s)")
    attack.add_argument("--seed", type=int, default=2026, help="of its random numbers (default: %(default)s)")
    attack.add_argument(
        "--soak",
        type=float,
        default=300,
        metavar="SECONDS",
        help="of the servers; 0: fuzzer alone (default: %(default)s)",
    )
    attack.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR", help="seeds, a folder for each target")
    attack.add_argument("--kept", type=Path, default=BUILD / "attack", metavar="DIR", help="for cases that failed")
    attack.add_argument("--replay", type=Path, metavar="FILE", help="try one case that failed once more")
    attack.add_argument("--write", type=Path, metavar="DIR", help="put the part `robustness` into its benchmarks")
    _add_json(attack)


def _add_bundle_step(steps: Steps) -> None:
    bundle = steps.add_parser("bundle", help="build the function asset and the layers that AWS Lambda gets")
    bundle.add_argument("--out", type=Path, default=BUILD, metavar="DIR", help="where to (default: build)")
    bundle.add_argument(
        "--architecture", choices=("x86_64", "arm64", "both"), default="both", help="of the layers (%(default)s)"
    )
    bundle.add_argument("--cache", type=Path, metavar="DIR", help="wheels and the target's Python (default: --out)")
    _add_json(bundle)


def _add_docs_step(steps: Steps) -> None:
    docs = steps.add_parser("docs", help="build the documentation site")
    docs.add_argument("--out", type=Path, default=BUILD / "docs", metavar="DIR", help="where to (default: build/docs)")
    _add_json(docs)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name of the model (default: %(default)s)")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that simulate")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
