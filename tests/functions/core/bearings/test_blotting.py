"""Lines that are blotted out of a spectrum, with what they leak, and what stays beside them."""

import numpy as np
import pytest

from functions.core.bearings.blotting import blot_out, blot_out_leaked


def test_the_bins_around_a_place_fall_to_the_floor_and_none_rises() -> None:
    ratios = np.array([0.5, 3.0, 4.0, 3.0, 3.0, 0.2])
    blot_out(ratios, np.array([2.4, 5.0, 9.0]))
    assert ratios.tolist() == [0.5, 3.0, 1.0, 1.0, 3.0, 0.2]


def test_smeared_lines_are_wider_with_their_frequency() -> None:
    ratios = np.full(200, 2.0)
    blot_out(ratios, np.array([10.0, 150.0]), 0.01)
    assert np.flatnonzero(ratios == 1).tolist() == [10, 148, 149, 150, 151, 152]


@pytest.mark.parametrize("place", [100.0, 100.3, 100.5, 101.0])
def test_a_line_leaves_nothing_beside_it_where_it_is_alone(place: float) -> None:
    samples = np.cos(2 * np.pi * place * np.arange(2000) / 2000 + 0.7)
    # Above the ties of rounding.
    heights = np.abs(np.fft.rfft(samples)) / 10 * np.where(np.arange(1001) == round(place), 1.02, 1)
    ratios = heights.copy()
    blot_out_leaked(ratios, heights, np.array([place]))
    assert (np.delete(ratios, round(place))[94:106] <= 1).all()


def test_what_is_higher_than_it_can_leak_stays() -> None:
    heights = np.ones(40)
    heights[[20, 21, 22, 23, 30]] = 9.0, 9.0, 3.1, 1.7, 5.0
    ratios = heights.copy()
    blot_out_leaked(ratios, heights, np.array([20.0, 60.0]))
    assert ratios[[20, 21, 22, 23, 30]].tolist() == [9.0, 1.0, 3.1, 1.0, 5.0]
