"""Times of day as text, read in one step where all have the same width."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.decoding.text import clocks
from functions.core.decoding.text.clocks import seconds_of, unwrapped

DATES = st.sampled_from(["", "2026-05-04T", "04.05.2026 ", "5/4/2026 "])
ENDS = st.sampled_from(["", "Z", " PM", "+02:00"])


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (["10:00:05.25", "10:00:05.50"], [36005.25, 36005.5]),
        (["2026-05-04T00:00:01,250Z"], [1.25]),
        (["00:05.250", "01:05.250"], [5.25, 65.25]),
        (["9:59:59", "10:00:00"], [35999, 36000]),
        (["10:00:05:250"], [36005.25]),
        (["01:02", "01:03"], [62, 63]),
        (["x", "10:00:05"], None),
        (["10:00:05", "ten o'clock"], None),
        (["10:00:05é"], [36005]),
    ],
)
def test_a_time_is_its_seconds(cells: list[str], seconds: list[float] | None) -> None:
    found = seconds_of(cells)
    assert (found is None) == (seconds is None)
    if found is not None and seconds is not None:
        np.testing.assert_allclose(found, seconds, rtol=1e-12)


@given(st.lists(st.integers(0, 86_399_999_999), min_size=1, max_size=20), st.integers(0, 6), DATES, ENDS, st.data())
def test_all_at_once_is_as_one_by_one(micros: list[int], digits: int, date: str, end: str, data: st.DataObject) -> None:
    cells = [_clock(one, digits, date, end) for one in micros]
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(cells) - 1))
        at = data.draw(st.integers(0, len(cells[place]) - 1))
        cells[place] = cells[place][:at] + data.draw(st.sampled_from("0:. x")) + cells[place][at + 1 :]
    matches = [clocks._CLOCK.search(cell) for cell in cells]
    found = seconds_of(cells)
    if not all(matches):
        assert found is None
        return
    expected = [clocks._seconds(*one.groups()) for one in matches if isinstance(one, re.Match)]
    assert found is not None
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def _clock(micros: int, digits: int, date: str, end: str) -> str:
    seconds, part = divmod(micros, 1_000_000)
    text = f"{date}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + (f".{part:06}"[: digits + 1] if digits else "") + end


def test_a_day_goes_on_over_midnight_and_over_noon_of_twelve_hours() -> None:
    np.testing.assert_array_equal(unwrapped(np.array([86399.0, 0, 1])), [86399, 86400, 86401])
    np.testing.assert_array_equal(unwrapped(np.array([46799.0, 3600, 3601])), [46799, 46800, 46801])
