"""Pauses before retries grow, and are random."""

import pytest

from functions.core.aws.retry import tries


def test_between_tries_are_random_waits_of_a_doubling_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[tuple[float, float]] = []
    slept: list[float] = []

    def uniform(low: float, high: float) -> float:
        bounds.append((low, high))
        return high / 2

    monkeypatch.setattr("random.uniform", uniform)
    monkeypatch.setattr("time.sleep", slept.append)
    assert list(tries(4, 0.1)) == [0, 1, 2, 3]
    assert bounds == [(0, 0.1), (0, 0.2), (0, 0.4)]
    assert slept == [0.05, 0.1, 0.2]


def test_who_succeeds_at_once_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waited"))
    assert next(tries(3, 10)) == 0
