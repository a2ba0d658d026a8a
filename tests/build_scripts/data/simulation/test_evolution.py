import numpy as np
import pytest

from build_scripts.data.simulation.classes import SEVERITY_LEVELS, SeverityLevel
from build_scripts.data.simulation.evolution import draw_severity, draw_transient, load_step, speed_ramp, thermal_growth


@pytest.mark.parametrize("level", SEVERITY_LEVELS, ids=lambda level: level.name)
def test_severity_starts_in_its_level_and_may_grow(level: SeverityLevel) -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_severity(rng, level, 100).profile for _ in range(400)]
    assert all(level.low <= profile[0] <= level.high for profile in drawn)
    grown = [profile for profile in drawn if profile[-1] > profile[0]]
    assert 80 <= len(grown) <= 160
    assert all(profile[-1] == pytest.approx(min(1.0, profile[0] + 0.3)) for profile in grown)


def test_speed_ramp_rises_in_the_middle_only() -> None:
    ramp = speed_ramp(1000)
    assert (ramp[199], ramp[200], ramp[599], ramp[600]) == pytest.approx((1.0, 0.85, 1.15, 1.0))


def test_load_step_is_at_forty_percent() -> None:
    assert (load_step(1000)[399], load_step(1000)[400]) == (0.7, 1.0)


def test_thermal_growth_approaches_eleven_tenths() -> None:
    growth = thermal_growth(1000)
    assert growth[0] == pytest.approx(0.9)
    assert growth[300] == pytest.approx(0.9 + 0.2 * (1 - np.exp(-1)))


def test_a_quarter_of_records_has_a_transient() -> None:
    rng = np.random.default_rng(0)
    envelopes = [draw_transient(rng, 100) for _ in range(400)]
    assert 70 <= sum((envelope != 1).any() for envelope in envelopes) <= 130
