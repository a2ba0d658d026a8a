from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from build_scripts.evidence.proof import cost
from build_scripts.evidence.proof.cost import novelty_cost
from build_scripts.export.export import ExportedModel
from build_scripts.measuring.latency import Rounds
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

    def round_of(calls: Mapping[str, Callable[[], object]], _: Rounds) -> dict[str, list[float]]:
        for call in calls.values():
            call()
        return {"whole": [2.0, 3.0, 9.0], "bare": [1.0, 2.0, 9.0]}

    monkeypatch.setattr(cost, "timed_round", round_of)
    assert novelty_cost(quantized, windows) == pytest.approx(0.5)
    whole, bare = given
    assert whole == quantized
    said, wanted = OnnxEngine(bare).run(windows), OnnxEngine(quantized).run(windows)
    assert said.distance is None
    np.testing.assert_array_equal(said.logits, wanted.logits)
