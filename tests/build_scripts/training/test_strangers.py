from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.training.strangers import EXAMPLES, examples, novel_shares, synthetic
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import NoveltyRule
from functions.core.preprocessing.arrays import Float32Array

RULE = NoveltyRule(scale=1.0, threshold=0.5)
WINDOW = 4096


@dataclass(frozen=True)
class LevelEngine:
    """Calls far what is loud: a window with an RMS above a limit."""

    limit: float

    def run(self, windows: Float32Array) -> EngineOutput:
        distance = np.where(windows.std(axis=(1, 2)) > self.limit, 9.0, 0.1).astype(np.float32)
        return EngineOutput(np.zeros((len(windows), 2), np.float32), distance)


def test_the_share_of_each_kind_is_measured_as_the_server_judges(records: RecordSet) -> None:
    loud = [np.full((1, 2 * WINDOW), 50.0, np.float32) * np.sin(np.arange(2 * WINDOW, dtype=np.float32))]
    shares = novel_shares(LevelEngine(20.0), RULE, records, WINDOW, {"loud machine": loud})
    assert shares.pop("loud machine") == 1.0
    assert {shares.pop(f"clipped at {level} rms") for level in ("0.25", "0.5", "1")} == {1.0}
    assert shares == dict.fromkeys(("own", "white noise", "sine", "silence with hum"), 0.0)


def test_a_rule_that_calls_everything_novel_calls_its_own_so(records: RecordSet) -> None:
    shares = novel_shares(LevelEngine(0.0), RULE, records, WINDOW, {})
    assert set(shares.values()) == {1.0}


def test_synthetic_signals_are_windows_at_many_levels(records: RecordSet) -> None:
    kinds = synthetic(records, 512)
    assert {windows.shape for signals in kinds.values() for windows in signals} == {(3, 1, 512)}
    own = np.mean([records.windows(index, 512).std() for index in range(len(records))])
    levels = np.array([windows.std() for windows in kinds["white noise"]]) / own
    assert (levels.min(), levels.max()) == (pytest.approx(0.1, abs=0.05), pytest.approx(10, abs=3))


def test_examples_are_resampled(tmp_path: Path) -> None:
    assert {len(signal[0]) for signal in examples(EXAMPLES, 10240.0)} == {len(examples(EXAMPLES, 20480.0)[0][0]) // 2}
    assert not examples(tmp_path, 10240.0)
