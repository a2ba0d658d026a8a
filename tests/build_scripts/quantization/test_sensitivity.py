from pathlib import Path

import numpy as np
import pytest

from build_scripts.quantization.sensitivity import layer_errors, quantized_layers, relative_error
from build_scripts.quantization.techniques import TECHNIQUES, QuantizationOptions
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.quantization.chain import ROTATED, spoiling, write_chain

ONES = np.eye(4, dtype=np.float32)
WINDOWS = np.eye(4, dtype=np.float32)[:, None]


def test_the_error_of_a_layer_is_what_it_alone_changes_in_the_logits(tmp_path: Path) -> None:
    source = write_chain(tmp_path / "fp32.onnx", {"first": 1.0, "second": 2.0, "third": 1.0})
    candidate = spoiling({"first": 1.25 * ONES, "second": ROTATED, "third": 1.5 * ONES})
    errors = layer_errors(source, candidate, ["first", "second", "third"], WINDOWS)
    # One of four logits moves to another place: two differ by its size.
    assert list(errors.items()) == [("second", pytest.approx(2**0.5)), ("third", 0.5), ("first", 0.25)]


def test_neighbours_share_an_error_where_there_are_many_layers(tmp_path: Path) -> None:
    layers = [f"layer{index}" for index in range(40)]
    source = write_chain(tmp_path / "fp32.onnx", dict.fromkeys(layers, 1.0))
    candidate = spoiling(
        dict.fromkeys(layers, ONES) | {"layer6": 1.5 * ONES, "layer7": 2 * ONES, "layer8": 1.25 * ONES}
    )
    errors = layer_errors(source, candidate, layers, WINDOWS)
    assert list(errors.items()) == [("layer6", 2.0), ("layer7", 2.0), ("layer8", 0.25), ("layer9", 0.25)]


def test_relative_errors() -> None:
    wanted = np.array([[3.0, 4.0]], np.float32)
    assert relative_error(wanted, wanted) == 0
    assert relative_error(np.array([[3.0, 9.0]], np.float32), wanted) == 1
    assert relative_error(np.array([[np.nan, 4.0]], np.float32), wanted) == float("inf")
    assert relative_error(np.zeros((1, 2), np.float32), np.zeros((1, 2), np.float32)) == 0


@pytest.mark.parametrize(("method", "first_excluded"), [("static", True), ("static", False), ("weights", False)])
def test_the_layers_that_a_technique_quantized_are_found(
    method: str,
    first_excluded: bool,
    fp32: Path,
    windows: Float32Array,
    convolutions: list[str],
    tmp_path: Path,
) -> None:
    excluded = tuple(convolutions[:1]) if first_excluded else ()
    options = QuantizationOptions(windows, exclude=excluded)
    path = TECHNIQUES[method].quantizer(fp32, tmp_path / "int8.onnx", options)
    found = quantized_layers(fp32, path)
    assert [name for name in found if name in convolutions] == convolutions[len(excluded) :]


def test_a_copy_has_no_quantized_layers(tmp_path: Path) -> None:
    source = write_chain(tmp_path / "fp32.onnx", {"first": 1.0})
    assert quantized_layers(source, source) == []
