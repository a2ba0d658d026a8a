"""The comparison on a packaged model: its checkpoint in PyTorch, its own files, other techniques beside them."""

from pathlib import Path
from tempfile import TemporaryDirectory

from build_scripts.benchmarks.variants.benchmark import (
    FULL,
    INSTRUMENTS,
    QUICK,
    Instruments,
    Subject,
    benchmark_variants,
)
from build_scripts.benchmarks.variants.files import CalibrationData, VariantFiles, make_files
from build_scripts.benchmarks.variants.recipe import FLOAT32, INT8, RECIPES, labels_of, noise_windows
from build_scripts.errors import DataError
from build_scripts.networks.checkpoint import file_sha256, load_checkpoint, restore_network
from functions.core.models.manifest import Manifest, Precision
from functions.core.models.models import ModelRepository

_SHIPPED: dict[str, Precision] = {FLOAT32: "fp32", INT8: "int8"}


def benchmark_package(
    models: Path, name: str, checkpoint: Path, *, quick: bool = False, instruments: Instruments = INSTRUMENTS
) -> dict[str, object]:
    """Compare every variant of a packaged model; its float32 and int8 are the files that are served.

    Returns:
        Of batch 1 on one thread: latencies in ms and `int8_speedup_over_onnx_fp32`. `int8_size_ratio`, name and
        version, and all of the comparison.

    Raises:
        ModelNotFoundError, ModelUnavailableError: the package cannot be loaded.
        CheckpointError: the checkpoint cannot be read.
        DataError: the package was not made from this checkpoint.
    """
    manifest = ModelRepository(models).manifest(name)
    network = restore_network(load_checkpoint(checkpoint))
    if file_sha256(checkpoint) != manifest.source_checkpoint_sha256:
        raise DataError(f"{name} {manifest.version} was not made from {checkpoint}: their sha256 differ.")
    with TemporaryDirectory() as directory:
        made = _files(models, manifest, Path(directory))
        labels, spec = labels_of(RECIPES), manifest.input
        subject = Subject(network, spec.channels, spec.window, made.files, labels, made.left_out)
        comparison = benchmark_variants(subject, QUICK if quick else FULL, instruments)
    return comparison.as_json() | {
        "model": name,
        "version": manifest.version,
        "int8_speedup_over_onnx_fp32": comparison.cell(batch=1, threads=1).speedup(INT8),
        "int8_size_ratio": manifest.variant("int8").size_bytes / manifest.variant("fp32").size_bytes,
    }


def _files(models: Path, manifest: Manifest, folder: Path) -> VariantFiles:
    """Return the package's files, verified, and those of every other technique, made of its float32 one."""
    repository, package = ModelRepository(models), models / manifest.name / manifest.version
    shipped: dict[str, Path] = {}
    for row, precision in _SHIPPED.items():
        repository.load(manifest.name, manifest.version, precision)
        shipped[row] = package / manifest.variant(precision).file
    others = tuple(recipe for recipe in RECIPES if recipe.row not in shipped)
    calibration = CalibrationData(noise_windows(1, manifest.input.channels, manifest.input.window))
    made = make_files(shipped[FLOAT32], calibration, others, folder)
    files = made.files | shipped
    return VariantFiles({row: files[row] for row in labels_of(RECIPES) if row in files}, made.left_out)
