"""Arrivals of requests: patterns as segments of even rates, and seeded arrivals within them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from functions.core.errors import InvalidOptionError
from functions.core.preprocessing.arrays import Float64Array
from functions.core.settings import DAY_S

Pattern = Literal["constant", "day", "burst"]
PATTERNS: tuple[str, ...] = get_args(Pattern)
_HOUR_S = 3_600.0
# Of an even load: as long as an idle instance is kept.
_EVEN_S = 600.0
# No simulation has more requests, however many are planned for.
MOST_REQUESTS = 1_000_000
# A day is repeated until this many requests were seen, or a month.
_WANTED_REQUESTS = 100_000
_MOST_DAYS = 30


@dataclass(frozen=True)
class Segment:
    """A time (s) within which requests come at one rate (a second), independently of each other."""

    duration_s: float
    rate: float

    @property
    def requests(self) -> float:
        """Requests in it, on average."""
        return self.duration_s * self.rate


@dataclass(frozen=True)
class Load:
    """An expected load.

    Args:
        rate: requests a second, on average.
        pattern: `constant`, `day` (none at night, twice the average at noon), or `burst`.
        burst_every_s, burst_within_s: of `burst`: all that comes in a period comes within its first seconds.
    """

    rate: float
    pattern: Pattern = "constant"
    burst_every_s: float = 600.0
    burst_within_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse a load that cannot be.

        Raises:
            InvalidOptionError: no rate, or a burst that is longer than its period.
        """
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise InvalidOptionError("A load has a rate above 0; give --rps or --requests-a-month.", field="rps")
        if not 0 < self.burst_within_s <= self.burst_every_s <= DAY_S:
            raise InvalidOptionError(
                f"A burst of {self.burst_within_s:g} s cannot come every {self.burst_every_s:g} s: it is shorter than "
                f"its period, and that is no longer than a day.",
                field="burst_within_s",
            )

    @property
    def peak(self) -> float:
        """Ratio of the load's highest rate to its average."""
        return max(one.rate for one in self.segments()) / self.rate

    def segments(self) -> list[Segment]:
        """Return one period of the pattern."""
        if self.pattern == "constant":
            return [Segment(_EVEN_S, self.rate)]
        if self.pattern == "burst":
            rate = self.rate * self.burst_every_s / self.burst_within_s
            silence = self.burst_every_s - self.burst_within_s
            return [Segment(self.burst_within_s, rate), *([Segment(silence, 0.0)] if silence else [])]
        middles = np.arange(24) + 0.5
        shape = 1 - np.cos(2 * np.pi * middles / 24)
        return [Segment(_HOUR_S, self.rate * float(share)) for share in shape]


@dataclass(frozen=True)
class Window:
    """Arrivals that are simulated: times (s, float64 [N], rising); each stands for `weight` requests.

    `gap_s`: from the window's end to the next one's beginning, of which it is the sample.
    """

    arrivals_s: Float64Array
    duration_s: float
    weight: float
    gap_s: float = 0.0


def windows(load: Load, seed: int) -> Iterator[Window]:
    """Yield the windows of a simulation, one after the other.

    Where a day has at most a million requests it is simulated whole, and repeated until enough were seen; else each
    segment is represented by its beginning, so long that all together have a million.
    """
    rng = np.random.default_rng(seed)
    period = load.segments()
    a_period = sum(one.requests for one in period)
    if a_period > MOST_REQUESTS:
        share = MOST_REQUESTS / a_period
        for one in period:
            seen = one.duration_s * share
            yield Window(_arrivals(rng, one.rate, seen), seen, 1 / share, one.duration_s - seen)
        return
    wanted = min(_WANTED_REQUESTS, a_period * _MOST_DAYS * DAY_S / sum(one.duration_s for one in period))
    for _ in range(max(1, math.ceil(wanted / a_period))):
        for one in period:
            yield Window(_arrivals(rng, one.rate, one.duration_s), one.duration_s, 1.0)


def _arrivals(rng: np.random.Generator, rate: float, duration_s: float) -> Float64Array:
    # That many come, each at any time: a Poisson process.
    count = rng.poisson(rate * duration_s)
    return np.sort(rng.uniform(0.0, duration_s, count))
