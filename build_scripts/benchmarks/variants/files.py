"""The files of a comparison: a float32 model, its optimized graph, and every technique of quantization."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from build_scripts.benchmarks.variants.recipe import FLOAT32, OPTIMIZED, VariantRecipe
from build_scripts.errors import BuildError
from build_scripts.export.optimize import optimize
from build_scripts.quantization.techniques import TECHNIQUES, QuantizationOptions
from functions.core.preprocessing.arrays import Float32Array


@dataclass(frozen=True)
class VariantFiles:
    """ONNX files by row, and the rows that could not be made, each with its reason."""

    files: dict[str, Path]
    left_out: dict[str, str]


@dataclass(frozen=True)
class CalibrationData:
    """Windows float32 [n, C, T] that set the ranges of static int8, and the method: minmax, entropy or percentile."""

    windows: Float32Array
    method: str = "minmax"


def make_files(
    source: Path,
    calibration: CalibrationData,
    recipes: Sequence[VariantRecipe],
    folder: Path,
    *,
    complete: bool = False,
) -> VariantFiles:
    """Write the optimized graph of a float32 model and each recipe's variant into a folder.

    A variant that the model does not allow is left out, with the reason, unless they are to be complete.

    Raises:
        BuildError: they are to be complete, and the model does not allow one.
    """
    makers: dict[str, Callable[[Path], object]] = {OPTIMIZED: partial(optimize, source)}
    makers |= {recipe.row: partial(_quantize, source, recipe, calibration) for recipe in recipes}
    files, left_out = {FLOAT32: source}, {}
    for row, make in makers.items():
        path = folder / f"{row}.onnx"
        try:
            make(path)
        except BuildError as error:
            if complete:
                raise
            left_out[row] = str(error)
        else:
            files[row] = path
    return VariantFiles(files, left_out)


def _quantize(source: Path, recipe: VariantRecipe, calibration: CalibrationData, path: Path) -> Path:
    options = QuantizationOptions(
        calibration_windows=calibration.windows,
        calibration=calibration.method,
        bits=recipe.bits,
        dynamic_weights=recipe.dynamic_weights,
        scope=recipe.scope,
    )
    return TECHNIQUES[recipe.method].quantizer(source, path, options)
