"""The comparison on the reference network: every variant, made by the reference's recipe."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from build_scripts.benchmarks.reference_network import WINDOW, export_reference_network, make_reference_network
from build_scripts.benchmarks.reference_recipe import QUICK_REFERENCE, REFERENCE, ReferenceRecipe
from build_scripts.benchmarks.variants.benchmark import (
    FULL,
    INSTRUMENTS,
    QUICK,
    Instruments,
    Subject,
    benchmark_variants,
)
from build_scripts.benchmarks.variants.comparison import Cell
from build_scripts.benchmarks.variants.files import CalibrationData, make_files
from build_scripts.benchmarks.variants.recipe import (
    DYNAMIC_INT8,
    DYNAMIC_UINT8,
    FLOAT32,
    INT8,
    PYTORCH,
    labels_of,
    noise_windows,
)


def benchmark_reference(*, quick: bool = False, instruments: Instruments = INSTRUMENTS) -> dict[str, object]:
    """Compare every variant of the reference network: PyTorch, float32 ONNX, int8 by our recipe, other techniques.

    Returns:
        Of batch 1 on one thread: latencies in ms, `int8_speedup_over_onnx_fp32`, the speedups of both dynamic
        variants and of onnxruntime over PyTorch. `int8_size_ratio`, sizes of the files, the recipe, and all of
        the comparison.

    Raises:
        BuildError: a variant cannot be made.
        GateFailed: a convolution of the int8 model does not run in integers.
    """
    recipe = QUICK_REFERENCE if quick else REFERENCE
    with TemporaryDirectory() as directory:
        subject = _subject(recipe, Path(directory))
        sizes = {row: path.stat().st_size for row, path in subject.files.items()}
        comparison = benchmark_variants(subject, QUICK if quick else FULL, instruments)
    return comparison.as_json() | {
        **_ratios(comparison.cell(batch=1, threads=1)),
        "int8_size_ratio": sizes[INT8] / sizes[FLOAT32],
        "size_bytes": sizes,
        "recipe": asdict(recipe),
    }


def _subject(recipe: ReferenceRecipe, folder: Path) -> Subject:
    network = make_reference_network(recipe.seed)
    source = export_reference_network(network, folder / "reference.onnx")
    calibration = CalibrationData(noise_windows(recipe.calibration_windows, 1, WINDOW), recipe.calibration)
    made = make_files(source, calibration, recipe.variants, folder, complete=True)
    return Subject(network, 1, WINDOW, made.files, labels_of(recipe.variants))


def _ratios(cell: Cell) -> dict[str, float]:
    return {
        "int8_speedup_over_onnx_fp32": cell.speedup(INT8),
        "onnx_fp32_speedup_over_pytorch": 1 / cell.speedup(PYTORCH),
        "dynamic_uint8_speedup_over_onnx_fp32": cell.speedup(DYNAMIC_UINT8),
        "dynamic_int8_speedup_over_onnx_fp32": cell.speedup(DYNAMIC_INT8),
    }
