import logging
from pathlib import Path

import numpy as np
import pytest

from build_scripts.errors import QuantizationError
from build_scripts.quantization.exclusion import Material, Refused, Sensitivity, exclude_worst, smallest_passing
from build_scripts.quantization.judge import Judge
from build_scripts.quantization.techniques import Candidate
from tests.build_scripts.quantization.chain import ROTATED, chain_records, spoiling, write_chain

ONES = np.eye(4, dtype=np.float32)
WINDOWS = np.eye(4, dtype=np.float32)[:, None]
LAYERS = ("first", "second", "third", "fourth")


@pytest.mark.parametrize("smallest", range(1, 60))
def test_the_smallest_number_is_found_in_a_few_tries(smallest: int) -> None:
    tried: list[int] = []

    def good(number: int) -> bool:
        tried.append(number)
        return number >= smallest

    assert smallest_passing(59, good) == (smallest, len(tried))
    assert len(tried) == len(set(tried)) <= 12


def test_where_no_number_is_good_there_is_none() -> None:
    assert smallest_passing(59, lambda _: False) == (0, 7)
    assert smallest_passing(1, lambda _: False) == (0, 1)


def excluded(candidate: Candidate, folder: Path) -> Sensitivity:
    source = write_chain(folder / "fp32.onnx", dict.fromkeys(LAYERS, 1.0))
    path = candidate.quantize(source, folder / "spoiled.onnx", WINDOWS)
    judge = Judge(source, chain_records(), 4, 0.0)
    return exclude_worst(Material(source, WINDOWS, folder), Refused("spoiled", candidate, path), judge.passes)


def test_the_worst_layers_stay_float32_and_no_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    candidate = spoiling({"first": 1.5 * ONES, "second": ROTATED, "third": 1.25 * ONES, "fourth": ROTATED})
    with caplog.at_level(logging.INFO, "build"):
        found = excluded(candidate.without(("third",)), tmp_path)
    assert (found.variant, list(found.error)[2:], list(found.excluded)) == ("spoiled", ["first"], ["second", "fourth"])
    assert "layers of spoiled: 3 measured in" in caplog.text
    assert "in float32 stay second, fourth (2 builds" in caplog.text
    assert Judge(tmp_path / "fp32.onnx", chain_records(), 4, 0.0).passes(tmp_path / "spoiled-partial.onnx")


def test_a_variant_that_no_exclusion_mends_leaves_no_file(tmp_path: Path) -> None:
    found = excluded(spoiling({"first": ROTATED, "second": ROTATED, "third": ROTATED}), tmp_path)
    assert (list(found.error), found.excluded) == (["first", "second", "third"], ())
    assert not (tmp_path / "spoiled-partial.onnx").exists()


def test_one_layer_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="spoiled has 1 quantized layers; exclusion needs two"):
        excluded(spoiling({"first": ROTATED}), tmp_path)
