import numpy as np
import pytest

from build_scripts.data.simulation.operating_point import OperatingPoint, draw_operating_point


def test_reference_point_has_the_reference_film() -> None:
    point = OperatingPoint(speed_ratio=1.0, load=1.0, temperature_c=60.0, floor_g=0.2)
    assert (point.shaft_hz, point.thermal_factor, point.operating_factor) == (60.0, 1.0, 1.0)
    assert point.sommerfeld == pytest.approx(0.15)
    assert point.film_factor == pytest.approx(1.0)


@pytest.mark.parametrize(("load", "temperature_c", "expected"), [(0.3, 40.0, 0.5), (1.0, 80.0, 0.15 * np.exp(-0.6))])
def test_sommerfeld_is_clipped_above(load: float, temperature_c: float, expected: float) -> None:
    assert OperatingPoint(1.0, load, temperature_c, 0.0).sommerfeld == pytest.approx(expected)


def test_draws_cover_their_ranges_and_no_more() -> None:
    rng = np.random.default_rng(0)
    points = [draw_operating_point(rng) for _ in range(2000)]
    speeds, loads, temperatures = np.array([(p.shaft_hz, p.load, p.temperature_c) for p in points]).T
    for values, low, high in ((speeds, 54, 66), (loads, 0.3, 1.0), (temperatures, 40, 80)):
        assert low <= values.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < values.max() <= high
    assert all(0.2 <= point.floor_g / point.operating_factor <= 0.3 for point in points)
