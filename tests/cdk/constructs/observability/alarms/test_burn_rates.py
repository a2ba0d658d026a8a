"""The alarms on errors, simulated: their expressions and thresholds over traffic, minute by minute."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

from tests.cdk.monitored_stage import alarms

HOURS = 12
PARTS = {"availability-burn-fast": ("60m", "5m"), "availability-burn-slow": ("360m", "30m")}


class Minute(NamedTuple):
    """Requests of one minute, and those of them that failed."""

    requests: int
    failed: int


def steady(requests: int, failed: float = 0) -> list[Minute]:
    """Traffic of 12 hours, of which a share fails."""
    return [Minute(requests, round(requests * failed))] * (60 * HOURS)


def outage(requests: int, begins: int, lasts: int) -> list[Minute]:
    """Traffic of which everything fails for some minutes."""
    return [Minute(requests, requests if begins <= minute < begins + lasts else 0) for minute in range(60 * HOURS)]


def fires(alarm: dict[str, Any], traffic: Sequence[Minute], now: int) -> bool:
    """Whether a metric-math alarm on failed requests is in alarm after a minute."""
    (formula,) = (one["Expression"] for one in alarm["Metrics"] if one["ReturnData"])
    (period_s,) = {one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one}
    window = traffic[max(0, now + 1 - period_s // 60) : now + 1]
    whole, part = sum(one.requests for one in window), sum(one.failed for one in window)
    if not whole:
        return False
    choose: Callable[[bool, float, float], float] = lambda condition, yes, no: yes if condition else no  # noqa: E731
    value = eval(formula, {"__builtins__": {}}, {"IF": choose, "whole": whole, "part": part})
    return bool(value > alarm["Threshold"])


def minutes(name: str, traffic: Sequence[Minute]) -> list[int]:
    """The minutes in which an alarm fires; a composite one while all of its parts do."""
    made = alarms("prod")
    parts = [made[f"{name}-{window}"] for window in PARTS[name]] if name in PARTS else [made[name]]
    return [now for now in range(len(traffic)) if all(fires(part, traffic, now) for part in parts)]


NAMES = ("error-rate", "availability-slo", *PARTS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("traffic", [steady(0), steady(60), steady(1)], ids=["none", "busy", "quiet"])
def test_without_failures_nothing_fires(name: str, traffic: list[Minute]) -> None:
    assert minutes(name, traffic) == []


@pytest.mark.parametrize("name", NAMES)
def test_one_failure_of_three_requests_at_night_wakes_nobody(name: str) -> None:
    traffic = [Minute(0, 0)] * (60 * HOURS)
    traffic[100], traffic[101] = Minute(2, 0), Minute(1, 1)
    assert minutes(name, traffic) == []


def test_an_outage_is_paged_within_minutes_and_over_soon_after_it_ends() -> None:
    traffic = outage(60, begins=300, lasts=30)
    found = minutes("availability-burn-fast", traffic)
    assert found[0] == 304
    assert 330 <= found[-1] <= 334
    assert minutes("error-rate", traffic)[0] == 300
    # The hour in which it happened stays below the objective, as long as it is in the window.
    assert minutes("availability-slo", traffic)[-1] == 330 + 58


def test_a_short_burst_is_no_reason_to_page_for_the_budget() -> None:
    assert minutes("availability-burn-fast", outage(60, begins=300, lasts=4)) == []


def test_a_small_steady_share_is_a_ticket_and_no_page() -> None:
    traffic = steady(100, 0.04)
    assert minutes("availability-burn-slow", traffic)
    assert minutes("availability-burn-fast", traffic) == []
    assert minutes("error-rate", traffic) == []


def test_what_was_promised_may_fail_for_ever() -> None:
    traffic = steady(200, 0.005)
    assert [name for name in NAMES if minutes(name, traffic)] == []


def test_a_quiet_stage_that_fails_altogether_is_found_by_the_long_windows() -> None:
    traffic = [Minute(int(minute % 2 == 0), int(minute % 2 == 0)) for minute in range(60 * HOURS)]
    assert minutes("error-rate", traffic) == []
    assert minutes("availability-burn-fast", traffic)[0] < 60
    assert minutes("availability-slo", traffic)[0] < 60
