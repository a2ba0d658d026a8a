import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import InvalidOptionError, UnitContradictsError, UnitMissingError
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.indicators import Foundation, Zone
from functions.core.preprocessing.severity import (
    check_severity,
    factor_between,
    severity_zone,
    unit_of,
    velocity_rms_mm_s,
)
from functions.core.preprocessing.signal import Unit

G_MM_S2 = 9806.65


def sine(
    frequency_hz: float, rate_hz: float, duration_s: float, phase: float = 0.0, offset: float = 0.0
) -> Float32Array:
    """An amplitude of 1 about an offset, float32 [1, N]."""
    times_s = np.arange(int(np.ceil(duration_s * rate_hz))) / rate_hz
    return (offset + np.sin(2 * np.pi * frequency_hz * times_s + phase))[np.newaxis].astype(np.float32)


@given(
    frequency_hz=st.floats(12.5, 990),
    rate_hz=st.sampled_from([2000, 2048, 4096, 8000, 12_000, 20_480, 25_600, 51_200, 48_000.5]),
    duration_s=st.floats(1, 9.7),
    phase=st.floats(0, 6.3),
)
def test_a_sine_has_its_velocity_whether_it_fits_the_length_or_not(
    frequency_hz: float, rate_hz: float, duration_s: float, phase: float
) -> None:
    samples = sine(frequency_hz, rate_hz, duration_s, phase, offset=1)
    expected = G_MM_S2 / (2 * np.pi * frequency_hz) / 2**0.5
    assert velocity_rms_mm_s(samples, rate_hz, "g") == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("unit", "factor"), [("g", G_MM_S2 / (2 * np.pi * 160)), ("m/s2", 1000 / (2 * np.pi * 160)), ("mm/s", 1.0)]
)
def test_every_unit_gives_millimetres_a_second(unit: Unit, factor: float) -> None:
    found = velocity_rms_mm_s(sine(160, 25_600, 5), 25_600, unit)
    assert found == pytest.approx(factor / 2**0.5, rel=1e-4)


@pytest.mark.parametrize("rate_hz", [4096, 25_600])
def test_white_noise_has_the_velocity_of_its_density(rate_hz: int) -> None:
    noise = np.random.default_rng(3).normal(size=(1, 60 * rate_hz)).astype(np.float32)
    density = 2 / rate_hz
    velocity = (density * (G_MM_S2 / (2 * np.pi)) ** 2 * (1 / 10 - 1 / 1000)) ** 0.5
    assert velocity_rms_mm_s(noise, rate_hz, "g") == pytest.approx(velocity, rel=0.04)
    assert velocity_rms_mm_s(noise, rate_hz, "mm/s") == pytest.approx((density * 990) ** 0.5, rel=0.02)


@pytest.mark.parametrize(("frequency_hz", "share"), [(5, 0), (10, 0.5), (1000, 0.5), (1010, 0), (3000, 0), (11_000, 0)])
def test_the_band_ends_at_ten_and_at_a_thousand_hertz(frequency_hz: float, share: float) -> None:
    found = velocity_rms_mm_s(sine(frequency_hz, 25_600, 8), 25_600, "mm/s")
    # Of a line at its end the band takes the half that lies in it, and the line itself.
    assert found == pytest.approx((share * 0.5) ** 0.5, abs=0.16 if share else 1e-3)


def test_a_drift_is_no_vibration() -> None:
    drift = np.linspace(-1, 1, 51_200, dtype=np.float32)[np.newaxis]
    assert velocity_rms_mm_s(drift, 25_600, "g") == pytest.approx(0, abs=0.05)


def test_of_several_channels_the_highest_velocity() -> None:
    both = np.concatenate([2 * sine(800, 4096, 2), sine(50, 4096, 2)])
    assert velocity_rms_mm_s(both, 4096, "mm/s") == pytest.approx(2 / 2**0.5, rel=1e-3)
    assert velocity_rms_mm_s(both, 4096, "g") == pytest.approx(G_MM_S2 / (2 * np.pi * 50) / 2**0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("rate_hz", "samples", "unit"),
    [(1999, 20_000, "g"), (2000, 1999, "g"), (25_600, 25_599, "g"), (25_600, 51_200, "V"), (25_600, 51_200, None)],
)
def test_a_velocity_that_cannot_be_computed_is_none(rate_hz: float, samples: int, unit: str | None) -> None:
    assert velocity_rms_mm_s(np.ones((1, samples), np.float32), rate_hz, unit) is None


def test_a_recording_of_one_second_at_two_kilohertz_is_enough() -> None:
    assert velocity_rms_mm_s(sine(100, 2000, 1), 2000, "mm/s") == pytest.approx(0.5**0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("group", "foundation", "zones"),
    [(1, "rigid", "ABBCD"), (1, "flexible", "AABBC"), (2, "rigid", "BCCDD"), (2, "flexible", "ABBCD")],
)
def test_zones_are_those_of_the_standard(group: int, foundation: Foundation, zones: str) -> None:
    found = [severity_zone(velocity, group, foundation) for velocity in (2.3, 3.5, 4.5, 7.1, 7.2)]
    assert found == list(zones)


@pytest.mark.parametrize(
    ("velocity", "group", "foundation", "zone"),
    [
        (0.0, 2, "rigid", "A"),
        (1.4, 2, "rigid", "A"),
        (1.41, 2, "rigid", "B"),
        (2.81, 2, "rigid", "C"),
        (4.51, 2, "rigid", "D"),
        (3.5, 1, "flexible", "A"),
        (7.2, 1, "flexible", "C"),
        (11.1, 1, "flexible", "D"),
        (7.1, 1, "rigid", "C"),
        (2.4, 2, "flexible", "B"),
        (None, 1, "rigid", None),
        (2.0, None, "rigid", None),
        (2.0, 1, None, None),
    ],
)
def test_a_velocity_has_a_zone(
    velocity: float | None, group: int | None, foundation: Foundation | None, zone: Zone | None
) -> None:
    assert severity_zone(velocity, group, foundation) == zone


@pytest.mark.parametrize(
    ("unit", "other", "factor"),
    [
        ("g", "m/s2", 9.80665),
        ("m/s2", "g", 1 / 9.80665),
        ("g", "mg", 1000.0),
        ("m/s2", "mm/s^2", 1000.0),
        ("mm/s", "in/s", 1 / 25.4),
        ("g", "g", 1.0),
        ("g", "mm/s", None),
        ("V", "g", None),
        ("g", "V", None),
    ],
)
def test_samples_reach_a_model_in_its_own_unit(unit: str, other: str, factor: float | None) -> None:
    assert factor_between(unit, other) == (None if factor is None else pytest.approx(factor, rel=1e-12))


def test_the_unit_is_the_caller_s_else_the_file_s() -> None:
    assert (unit_of(None, None), unit_of("g", None), unit_of(None, "m/s²")) == (None, "g", "m/s2")
    assert (unit_of("g", "V"), unit_of(None, " V "), unit_of(None, " "), unit_of("g", "G")) == ("g", "V", None, "g")
    assert unit_of(None, "x" * 1000) == "x" * 40


def test_a_unit_at_odds_with_the_file_s_is_refused() -> None:
    with pytest.raises(UnitContradictsError, match="`unit` is g, but the file states 'mm/s': leave the option out"):
        unit_of("g", "mm/s")


@pytest.mark.parametrize(
    ("unit", "group", "foundation", "error", "field", "sentence"),
    [
        ("g", 1, None, InvalidOptionError, "foundation", "`foundation` is missing"),
        ("g", None, "rigid", InvalidOptionError, "machine_group", "`machine_group` is missing"),
        (None, 1, "rigid", UnitMissingError, "unit", "state it with `unit`: g, m/s2 or mm/s"),
        ("V", 1, "rigid", UnitMissingError, "unit", "The file's unit 'V' is no acceleration or velocity"),
    ],
)
def test_a_severity_that_cannot_be_computed_is_refused(
    unit: str | None,
    group: int | None,
    foundation: Foundation | None,
    error: type[UnitMissingError],
    field: str,
    sentence: str,
) -> None:
    with pytest.raises(error, match=sentence) as refusal:
        check_severity(unit, group, foundation)
    assert refusal.value.field == field
