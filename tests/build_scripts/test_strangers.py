from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from build_scripts.records import RecordSet
from build_scripts.strangers import novel_shares, synthetic
from functions.core.arrays import Float32Array
from functions.core.engine import EngineOutput
from functions.core.manifest import NoveltyRule

RULE = NoveltyRule(scale=1.0, threshold=0.5)


@dataclass(frozen=True)
class CrestEngine:
    """Calls far what is flat: a window whose peak is below 2.5 times its RMS."""

    def run(self, windows: Float32Array) -> EngineOutput:
        crest = np.abs(windows).max(axis=(1, 2)) / windows.std(axis=(1, 2))
        return EngineOutput(np.zeros((len(windows), 2), np.float32), np.where(crest < 2.5, 9.0, 0.1).astype(np.float32))


def test_the_share_of_each_kind_is_measured(records: RecordSet) -> None:
    shares = novel_shares(CrestEngine(), RULE, records, 4096)
    assert list(shares) == ["white noise", "sine", "another machine", "clipped at 0.5 rms", "clipped at 1 rms"]
    assert (shares["white noise"], shares["sine"], shares["clipped at 1 rms"]) == (0.0, 1.0, 1.0)


def test_a_machine_without_examples_is_left_out(records: RecordSet, tmp_path: Path) -> None:
    assert "another machine" not in novel_shares(CrestEngine(), RULE, records, 4096, tmp_path)


def test_synthetic_signals_are_windows_of_unit_level() -> None:
    kinds = synthetic(512, 12000.0)
    assert {windows.shape for signals in kinds.values() for windows in signals} == {(3, 1, 512)}
    assert np.std(kinds["white noise"]) == pytest.approx(1.0, abs=0.01)
