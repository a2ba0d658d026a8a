"""The settings by which the reference network is quantized for the comparison."""

from dataclasses import dataclass, replace

from build_scripts.benchmarks.variants.recipe import DYNAMIC_INT8, RECIPES, VariantRecipe


@dataclass(frozen=True)
class ReferenceRecipe:
    """Settings of the reference network's variants.

    seed draws its weights; calibration names the method that sets the ranges of static int8 from
    calibration_windows windows of noise.
    """

    seed: int = 0
    calibration: str = "minmax"
    calibration_windows: int = 64
    variants: tuple[VariantRecipe, ...] = tuple(
        # Source: what the public LSTM-PFD project's own exporter calls, quantize_dynamic with QInt8 weights.
        replace(recipe, label="dynamic int8 (the reference project's own)") if recipe.row == DYNAMIC_INT8 else recipe
        for recipe in RECIPES
    )


REFERENCE = ReferenceRecipe()
# Ranges of noise settle early; speed and size do not depend on them.
QUICK_REFERENCE = ReferenceRecipe(calibration_windows=8)
