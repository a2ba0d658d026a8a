import numpy as np
import pytest
from numpy.typing import NDArray

from functions.core.bearings.combs import combs_up_to, slower_part

COMBS = combs_up_to(6)
CAGE_ORDER = 0.4


def test_combs_have_from_four_teeth_below_the_line_to_the_most() -> None:
    assert COMBS.divisors.tolist() == [5, 6, 7]
    assert COMBS.teeth.tolist() == pytest.approx(
        [1 / 5, 2 / 5, 3 / 5, 4 / 5, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, *(n / 7 for n in range(1, 7))]
    )
    assert COMBS.starts.tolist() == [0, 4, 9]


def test_values_are_averaged_over_each_comb() -> None:
    assert COMBS.means(np.arange(15)).tolist() == [1.5, 6, 11.5]
    stands = np.array([[True] * 4 + [False] * 11, [False, True] * 7 + [False]])
    assert COMBS.means(stands) == pytest.approx(np.array([[1, 0, 0], [0.5, 0.4, 0.5]]))


def test_the_shaft_s_and_the_cage_s_sidebands_are_no_slower_part() -> None:
    # Spacings of 1.04, 0.87, 0.74: the first is faster, and none is near the cage's order or twice that.
    assert COMBS.of_slower_part(5.2, CAGE_ORDER, 60).tolist() == [False, True, True]
    # Of 0.8, 0.67, 0.57: the first is twice the cage's order.
    assert COMBS.of_slower_part(4.0, CAGE_ORDER, 60).tolist() == [False, True, True]
    # Of 0.48, 0.4, 0.34: the second is the cage's.
    assert COMBS.of_slower_part(2.4, CAGE_ORDER, 60).tolist() == [True, False, True]


def test_teeth_less_than_three_bins_apart_are_not_told_apart() -> None:
    assert COMBS.of_slower_part(3.0, CAGE_ORDER, 6).tolist() == [True, True, False]
    rows = np.array([[3.0], [0.9]], np.float32)
    assert COMBS.of_slower_part(rows, CAGE_ORDER, 6).tolist() == [[True, True, False], [False, False, False]]


def spectrum(order: float) -> NDArray[np.bool_]:
    """Lines at the multiples of an order, of sixty bins a turn of the shaft."""
    stands = np.zeros(1200, np.bool_)
    stands[np.rint(np.arange(order, 19, order) * 60).astype(int)] = True
    return stands


@pytest.mark.parametrize(("teeth", "line"), [(5, 3.5), (8, 3.5848), (5.5, 3.6)])
def test_a_part_is_found_by_the_lines_below_the_fault_s_first_or_second(teeth: float, line: float) -> None:
    assert slower_part(line, CAGE_ORDER, spectrum(line / teeth), 1 / 60) == pytest.approx(line / teeth)


@pytest.mark.parametrize("order", [3.5, 1.0, CAGE_ORDER, 2 * CAGE_ORDER, 3.5 / 3, 0.31])
def test_a_fault_a_shaft_a_cage_and_a_comb_beside_the_line_are_none(order: float) -> None:
    assert slower_part(3.5, CAGE_ORDER, spectrum(order), 1 / 60) is None


def test_a_comb_that_the_fault_itself_leaves_is_no_slower_part() -> None:
    stands = spectrum(0.6)
    assert slower_part(5.4, CAGE_ORDER, stands, 1 / 60) == pytest.approx(0.6)
    assert slower_part(5.4, CAGE_ORDER, stands, 1 / 60, own_tooth=9) is None


def test_a_quarter_of_the_teeth_may_be_hidden() -> None:
    stands = spectrum(0.7)
    hidden = np.rint(np.array([2, 4]) * 0.7 * 60).astype(int)
    stands[hidden[:1]] = False
    assert slower_part(3.5, CAGE_ORDER, stands, 1 / 60) == pytest.approx(0.7)
    stands[hidden[1:]] = False
    assert slower_part(3.5, CAGE_ORDER, stands[:240], 1 / 60) is None
