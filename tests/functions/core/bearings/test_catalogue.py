"""The catalogue of bearings: every row is plausible, and designations are found as people write them."""

import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.bearings.catalogue import (
    CATALOGUE,
    CatalogueRow,
    find_bearing,
    read_catalogue,
    search_bearings,
)
from functions.core.errors import UnknownBearingError

ROWS = read_catalogue().bearings
RATED = [row for row in ROWS if row.static_load_rating_n]
# Factor f0 of ISO 76, table 1, by the ratio of ball to pitch diameter in steps of a hundredth.
F0 = (14.7, 14.9, 15.1, 15.3, 15.5, 15.7, 15.9, 16.1, 16.3, 16.5, 16.4, 16.1, 15.9, 15.6, 15.4, 15.2)
F0_ABOVE = (14.9, 14.7, 14.4, 14.2, 14.0, 13.7, 13.5, 13.2, 13.0, 12.8, 12.5, 12.3, 12.1, 11.8, 11.6)


def name(row: CatalogueRow) -> str:
    return row.designation


def rounding(value: float) -> float:
    """Half a unit of the last place that a number was printed with, of the fourth at least: sources are that exact."""
    return 0.5 * 10.0 ** max(-4, int(Decimal(str(value)).as_tuple().exponent))


def test_there_are_bearings_enough_and_each_once() -> None:
    assert len(ROWS) >= 50
    names = [one for row in ROWS for one in (row.designation, *row.aliases)]
    assert len(set(names)) == len(names)
    assert {f"60{n:02}" for n in range(9)} <= set(names)
    assert {"6205", "6308", "6310"} <= set(names)


def test_every_source_is_named_and_used() -> None:
    assert {row.source for row in ROWS} == read_catalogue().sources.keys()
    assert all(len(text) > 20 for text in read_catalogue().sources.values())


def test_the_file_has_nothing_that_is_not_read() -> None:
    known = set(CatalogueRow.__struct_fields__)
    assert all(set(row) <= known for row in json.loads(CATALOGUE.read_bytes())["bearings"])


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_the_races_share_the_elements(row: CatalogueRow) -> None:
    orders, elements = row.orders(), row.rolling_elements
    printed = row.bpfo is not None
    slack = 2 * max(map(rounding, (orders.bpfo, orders.bpfi))) if printed else 1e-9
    assert abs(orders.bpfo + orders.bpfi - elements) <= slack
    turns = 2 * elements * rounding(orders.ftf) + slack if printed else 1e-9
    assert abs(orders.bpfo - elements * orders.ftf) <= turns
    assert orders.bpfo < orders.bpfi
    assert 0.33 < orders.ftf < 0.5


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_the_spin_is_that_of_the_races(row: CatalogueRow) -> None:
    orders = row.orders()
    ratio = (orders.bpfi - orders.bpfo) / row.rolling_elements
    cosine = 2 * ratio * orders.bsf / (1 - ratio**2)
    if row.bpfo is None:
        assert cosine == pytest.approx(np.cos(np.radians(row.contact_angle_deg)))
    else:
        # Of printed orders the contact angle is not known; rollers of a spherical bearing stand at 12 degrees or so.
        assert 0.97 < cosine < 1.01


@pytest.mark.parametrize("row", RATED, ids=name)
def test_a_usual_complement_of_balls_gives_the_published_load_rating(row: CatalogueRow) -> None:
    assert row.element_diameter
    assert row.pitch_diameter
    factor = np.interp(row.element_diameter / row.pitch_diameter, np.arange(31) / 100, [*F0, *F0_ABOVE])
    rating = factor * row.rolling_elements * row.element_diameter**2
    assert rating == pytest.approx(row.static_load_rating_n, rel=0.012)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("6205", "6205"),
        ("SKF 6205-2RS1/C3", "6205"),
        ("6205ZZ", "6205"),
        ("6205-2rs jem skf", "6205"),
        ("nsk 6205 DDU", "NSK 6205"),
        ("er-16k", "MB ER-16K"),
        ("UER204", "LDK UER204"),
        ("NU206 E", "NU206"),
        ("za-2115", "Rexnord ZA-2115"),
    ],
)
def test_a_bearing_is_found_as_people_write_it(written: str, expected: str) -> None:
    assert find_bearing(written).designation == expected


@pytest.mark.parametrize(("written", "near"), [("6299", "6209"), ("6206 5", None), ("x" * 1000, None), ("", None)])
def test_an_unknown_bearing_names_the_nearest(written: str, near: str | None) -> None:
    if written == "6206 5":
        assert find_bearing(written).designation == "6206"
        return
    with pytest.raises(UnknownBearingError) as raised:
        find_bearing(written)
    assert (raised.value.code, raised.value.field) == ("unknown_bearing", "bearing")
    assert near is None or near in raised.value.message
    assert len(raised.value.message) < 400


@given(st.text(max_size=80))
def test_any_text_is_found_or_refused(text: str) -> None:
    try:
        found = find_bearing(text)
    except UnknownBearingError:
        return
    assert found in ROWS


def test_a_search_is_by_designation_and_kind() -> None:
    assert [row.designation for row in search_bearings("6205")] == ["6205", "NSK 6205", "SKF 6205-2Z"]
    assert {row.kind for row in search_bearings("tapered")} == {"tapered roller"}
    assert search_bearings("no such") == []
    assert search_bearings("") == ROWS
