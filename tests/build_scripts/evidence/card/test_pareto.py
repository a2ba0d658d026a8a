from dataclasses import replace
from itertools import pairwise

import pytest

from build_scripts.evidence.card.pareto import Point, front_of, points_of, spread
from build_scripts.quantization.search import Figures, Tried
from tests.build_scripts.packaging.test_package import LATENCY, PROOF


def test_points_have_the_kind_of_their_variant() -> None:
    tried = [
        Tried("fp32", Figures(0.95, 1.0, 1.0, 1.0, LATENCY)),
        Tried("quick", Figures(0.95, 0.75, 0.3, 4.0, LATENCY), "agreement 0.7500 below 0.99"),
        Tried("good", Figures(0.95, 1.0, 0.3, 2.0, LATENCY)),
        Tried("other", Figures(0.95, 1.0, 0.3, 1.0, LATENCY)),
        Tried("none", None, "not made"),
    ]
    assert points_of(replace(PROOF, tried=tried), "good") == [
        Point("fp32", 1.0, 0.0, "float32"),
        Point("quick", 0.25, 0.25, "refused"),
        Point("good", 0.5, 0.0, "kept"),
        Point("other", 1.0, 0.0, "passes"),
    ]


def test_the_front_has_what_nothing_beats() -> None:
    figures = {"quick": (1.0, 0.1), "close": (2.0, 0.0), "slow": (3.0, 0.0)}
    quick, close, slow = (Point(name, *both, "passes") for name, both in figures.items())
    worse = Point("d", 1.5, 0.2, "refused")
    assert front_of([slow, worse, close, quick]) == [quick, close]


@pytest.mark.parametrize(
    ("heights", "places"),
    [
        ([0.9, 0.5], [0.875, 0.5]),
        ([0.5, 0.5, 0.1], [0.625, 0.375, 0.125]),
        ([0.9, 0.9, 0.9, 0.9], [0.875, 0.625, 0.375, 0.125]),
        ([0.1, 0.1], [0.375, 0.125]),
    ],
)
def test_names_stand_apart_and_as_high_as_they_can(heights: list[float], places: list[float]) -> None:
    assert spread(heights, 0.25) == pytest.approx(places)


def test_no_two_names_overlap() -> None:
    heights = sorted((number * 7 % 13 / 13 for number in range(14)), reverse=True)
    places = spread(heights, 1 / 14)
    assert all(high - low >= 1 / 14 - 1e-9 for high, low in pairwise(places))
    assert (places[0] <= 1 - 1 / 28 + 1e-9, places[-1] >= 1 / 28 - 1e-9) == (True, True)
