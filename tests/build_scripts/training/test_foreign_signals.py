from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.training.foreign_signals import (
    EXAMPLES,
    KINDS,
    OUTLIERS,
    clipped,
    examples,
    exposure,
    novel_shares,
    synthetic,
)
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import NoveltyRule
from functions.core.preprocessing.arrays import Float32Array

RATE_HZ, WINDOW = 20480, 4096
RULE = NoveltyRule(scale=1.0, threshold=0.5)


@dataclass(frozen=True)
class LevelEngine:
    """Calls far what is loud: a window with an RMS above a limit."""

    limit: float

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
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


@pytest.fixture
def known() -> Float32Array:
    return np.random.default_rng(3).normal(0, 0.2, (8, 2, WINDOW)).astype(np.float32)


def test_each_kind_comes_as_often_and_levels_follow_the_known(known: Float32Array) -> None:
    drawn = exposure(np.random.default_rng(1), known, 5, RATE_HZ)
    assert drawn.shape == (5 * len(KINDS), 2, WINDOW)
    assert drawn.dtype == np.float32
    assert np.isfinite(drawn).all()
    noise_levels = drawn[:5].std(axis=(1, 2)) / known.std()
    assert ((noise_levels > 0.09) & (noise_levels < 3.3)).all()


def test_the_same_draws_give_the_same_outliers(known: Float32Array) -> None:
    first, again, other = (exposure(np.random.default_rng(seed), known, 2, RATE_HZ) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_clipped_windows_rest_on_their_limit(known: Float32Array) -> None:
    cut = clipped(np.random.default_rng(2), known)
    peaks = np.abs(cut).max(axis=(1, 2), keepdims=True)
    assert ((np.abs(cut) == peaks).mean(axis=(1, 2)) > 0.3).all()
    share = peaks[:, 0, 0] / known.std(axis=(1, 2))
    assert ((share >= 0.19) & (share <= 1.01)).all()


@pytest.mark.parametrize(("kind", "concentrated"), [("white noise", False), ("sine", True), ("silence with hum", True)])
def test_tones_concentrate_their_power_and_noise_does_not(kind: str, concentrated: bool) -> None:
    spectrum = np.abs(np.fft.rfft(OUTLIERS[kind](np.random.default_rng(7), RATE_HZ, RATE_HZ))) ** 2
    strongest = np.sort(spectrum)[-20:].sum() / spectrum.sum()
    assert bool(strongest > 0.5) is concentrated
