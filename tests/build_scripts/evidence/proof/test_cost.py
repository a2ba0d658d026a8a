from pathlib import Path

import numpy as np
import pytest

from build_scripts.evidence.proof import cost
from build_scripts.evidence.proof.cost import novelty_cost
from build_scripts.export.export import ExportedModel
from functions.core.models.engine import OnnxEngine
from tests.build_scripts.conftest import WINDOW


def test_the_cost_is_that_of_the_second_output(
    exported: ExportedModel, quantized: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = np.zeros((1, 1, WINDOW), np.float32)
    given: list[bytes | Path] = []

    class Recorded(OnnxEngine):
        def __init__(self, model: Path | bytes, threads: int = 1) -> None:
            given.append(model)
            super().__init__(model, threads)

    monkeypatch.setattr(cost, "OnnxEngine", Recorded)
    assert -0.5 < novelty_cost(quantized, windows) < 1.0
    whole, bare = given
    assert whole == quantized
    said, wanted = OnnxEngine(bare).run(windows), OnnxEngine(quantized).run(windows)
    assert said.distance is None
    np.testing.assert_array_equal(said.logits, wanted.logits)
