"""The variant qat among the others of a search: made by the one who holds the network, never made twice."""

from pathlib import Path

import numpy as np

from build_scripts.errors import FineTuningError
from build_scripts.quantization.attempts import Attempts
from build_scripts.quantization.exclusion import FineTune, Material
from build_scripts.quantization.judge import Judge
from build_scripts.quantization.techniques import CANDIDATES, DEFAULT_CANDIDATES, TECHNIQUES
from tests.build_scripts.quantization.chain import chain_records, write_chain

WINDOWS = np.eye(4, dtype=np.float32)[:, None]


def attempts(folder: Path, fine_tune: FineTune | None) -> Attempts:
    source = write_chain(folder / "fp32.onnx", {"first": 1.0, "second": 1.0})
    material = Material(source, WINDOWS, folder, fine_tune=fine_tune)
    found = Attempts(material, Judge(source, chain_records(), 4, 0.0))
    found.make("qat")
    return found


def test_it_is_made_of_the_network_and_not_of_the_float32_file(tmp_path: Path) -> None:
    found = attempts(tmp_path, lambda path: write_chain(path, {"first": -1.0, "second": 1.0}))
    assert (found.failed, found.made["qat"].path) == ({}, tmp_path / "qat.onnx")
    # Its answers are all wrong, and it would be fast enough; but layers of it cannot be left out.
    assert found.made["qat"].answers.agreement < 0.5
    assert found.misses({"qat": 9.0}, 1.0) == []


def test_without_a_network_it_says_what_it_needs(tmp_path: Path) -> None:
    assert attempts(tmp_path, None).failed == {
        "qat": "qat trains a network: it needs a recipe of one's own with PyTorch weights"
    }


def test_a_training_that_fails_is_no_end_of_the_search(tmp_path: Path) -> None:
    def failing(path: Path) -> Path:
        raise FineTuningError("The loss of epoch 1 is nan.")

    assert attempts(tmp_path, failing).failed == {"qat": "The loss of epoch 1 is nan"}


def test_it_is_tried_on_request_and_no_technique_for_a_file() -> None:
    assert "qat" in CANDIDATES
    assert "qat" not in DEFAULT_CANDIDATES
    assert "qat" not in TECHNIQUES
    settings = {"activations": "uint8", "weights": "int8", "per_channel": True, "weight_bits": 7}
    assert CANDIDATES["qat"].settings(64) == settings
