from dataclasses import replace
from pathlib import Path

import pytest

from build_scripts.benchmarks.variants.files import CalibrationData, VariantFiles, make_files
from build_scripts.benchmarks.variants.recipe import INT8, RECIPES, labels_of, noise_windows
from build_scripts.errors import QuantizationError
from build_scripts.quantization.operators import executed_operators
from tests.build_scripts.benchmarks.variants.conftest import CHANNELS, WINDOW

BAD = CalibrationData(noise_windows(0, CHANNELS, WINDOW))


def test_every_recipe_has_its_file(tiny_files: VariantFiles, tiny_onnx: Path) -> None:
    rows = ["onnx_fp32", "onnx_fp32_optimized", *(recipe.row for recipe in RECIPES)]
    assert list(tiny_files.files) == rows
    assert set(rows) <= set(labels_of(RECIPES))
    assert tiny_files.files["onnx_fp32"] == tiny_onnx
    assert tiny_files.left_out == {}


def test_recipes_are_what_they_say(tiny_files: VariantFiles) -> None:
    operators = {row: executed_operators(path) for row, path in tiny_files.files.items()}
    assert operators["onnx_int8"]["QLinearConv"] == 2
    assert operators["onnx_dynamic_int8"]["ConvInteger"] == operators["onnx_dynamic_uint8"]["ConvInteger"] == 2
    assert tiny_files.files["onnx_dynamic_int8"].read_bytes() != tiny_files.files["onnx_dynamic_uint8"].read_bytes()


def test_a_variant_that_cannot_be_made_is_left_out_with_the_reason(tiny_onnx: Path, tmp_path: Path) -> None:
    (static,) = (recipe for recipe in RECIPES if recipe.row == INT8)
    made = make_files(tiny_onnx, BAD, (static, replace(static, row="again", bits=3)), tmp_path)
    assert list(made.files) == ["onnx_fp32", "onnx_fp32_optimized"]
    assert made.left_out == {
        "onnx_int8": "Calibration needs at least one window.",
        "again": "Static quantization has weights of 7 or 8 bits, not 3.",
    }


def test_where_all_are_needed_the_first_that_fails_is_raised(tiny_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="at least one window"):
        make_files(tiny_onnx, BAD, RECIPES, tmp_path, complete=True)
