"""Evidence of a shaft: its own lines, and an oil film's whirl."""

import numpy as np
import pytest

from functions.core.bearings.shaft_lines import shaft_evidence
from functions.core.errors import FaultFrequencyError, TooFewTurnsError
from tests.support.bearings import RATE_HZ, noise, shaft

SPEED_RPM = 3600.0


def test_the_lines_of_the_shaft_are_levels_and_support_nothing() -> None:
    found = shaft_evidence((shaft(4, SPEED_RPM, lines=2) + 0.1 * noise(4))[None], RATE_HZ, SPEED_RPM)
    assert [line.name for line in found.lines] == ["1X", "2X", "3X", "WHIRL"]
    first, second, third, whirl = (line.harmonics[0].level_db for line in found.lines)
    assert min(first, second) > 30
    assert max(third, whirl) < 15
    assert found.supported == []
    assert [line.frequency_hz for line in found.lines[:3]] == [60, 120, 180]


def test_a_line_below_half_the_speed_is_the_oil_film_s() -> None:
    whirl = 0.3 * np.sin(2 * np.pi * 0.45 * 60 * np.arange(4 * RATE_HZ) / RATE_HZ)
    found = shaft_evidence((whirl.astype(np.float32) + 0.1 * noise(4))[None], RATE_HZ, SPEED_RPM)
    assert found.supported == ["oil_whirl"]
    assert found.lines[3].order == pytest.approx(0.45, abs=0.01)


def test_a_shaft_too_fast_or_too_few_turns_are_refused() -> None:
    with pytest.raises(FaultFrequencyError):
        shaft_evidence(noise(1)[None], RATE_HZ, 90_000)
    with pytest.raises(TooFewTurnsError):
        shaft_evidence(noise(1)[None], RATE_HZ, 590)
