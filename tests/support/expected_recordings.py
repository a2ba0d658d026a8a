"""Signals of the table of recordings, and what must come of them."""

from typing import Any

import numpy as np

ROWS = 24
X = [round(0.9 * float(np.sin(1.7 * k)) + 0.05, 3) for k in range(ROWS)]
Y = [round(0.4 * float(np.cos(2.3 * k)) - 0.1, 3) for k in range(ROWS)]
RATE = 25600
# Microseconds of each sample are no whole numbers at this rate; at 1 kHz every printed time is exact.
MILLI = [k / 1000 for k in range(ROWS)]


def expected(
    *channels: list[float], rate: float | None = None, names: tuple[str, ...] = (), unit: str | None = None
) -> dict[str, Any]:
    """The expected recording of a case."""
    samples = [[float(value) for value in np.array(channel, np.float32)] for channel in channels]
    return {"expected": {"samples": samples, "sample_rate_hz": rate, "channel_names": list(names), "unit": unit}}


def times(channel: list[float], factor: float) -> list[float]:
    """A channel in another unit, as float32 computes it."""
    return [float(value) for value in np.array(channel, np.float32) * np.float32(factor)]


def of_units(units: list[str | None], outcome: dict[str, Any]) -> dict[str, Any]:
    """An expected recording whose channels have units of their own."""
    outcome["expected"]["channel_units"] = units
    return outcome


def refused(code: str, words: str) -> dict[str, Any]:
    """The expected refusal of a case."""
    return {"refused": {"code": code, "words": words}}


def table(
    *columns: list[float], head: str = "", separator: str = ",", formats: tuple[str, ...] = (), end: str = "\n"
) -> str:
    """Text of a table."""
    forms = formats or ("%.3f",) * len(columns)
    return head + "".join(
        separator.join(f % v for f, v in zip(forms, row, strict=True)) + end for row in zip(*columns, strict=True)
    )
