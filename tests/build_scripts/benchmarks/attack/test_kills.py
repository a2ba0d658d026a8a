"""Figures of what a killed job has left; the kills themselves are tests of the local server."""

import pytest

from build_scripts.benchmarks.attack.benchmark import faults
from build_scripts.benchmarks.attack.kills import Outcome


@pytest.mark.parametrize(
    ("outcome", "figures"),
    [
        (Outcome([0, 1, 2, 3], history=4, counted=4), (0, 0, 0)),
        (Outcome([0, 1, 3], history=4, counted=4), (1, 0, 0)),
        (Outcome([0, 1, 2, 3], history=1, counted=4), (3, 0, 0)),
        (Outcome([0, 1, 2, 3], history=4, counted=2, is_over=False), (2, 0, 1)),
        (Outcome([0, 1, 2, 2, 3], history=4, counted=4), (0, 1, 0)),
        (Outcome([0, 1, 2, 3], history=6, counted=5), (0, 2, 0)),
        (Outcome([], history=0, counted=0, is_over=False), (4, 0, 1)),
    ],
)
def test_what_is_lost_and_what_is_done_twice(outcome: Outcome, figures: tuple[int, int, int]) -> None:
    row = outcome.row(4)
    assert [row[name] for name in ("lost", "twice", "hangs")] == list(figures)
    assert len(faults("kill", row)) == sum(figure > 0 for figure in figures)
