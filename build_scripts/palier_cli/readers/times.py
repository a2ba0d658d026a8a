"""Vectors of time beside a signal: found by their name or by how they rise, and the rate that they give."""

import re

import numpy as np
from numpy.typing import NDArray

TIME = re.compile(r"(t|time|times|timestamps?|seconds|zeit|temps|tiempo|xdata|xvalues?)(s|sec|ms|us|ns)?")
_FACTORS = {"ms": 1e-3, "us": 1e-6, "ns": 1e-9}
# Of the mean step, how far a step may differ: more in what is named as time, which a clock may have written.
SCATTER_NAMED, SCATTER = 0.5, 0.05


def is_time_name(name: str) -> bool:
    """Return whether a vector of this name is the time of others."""
    return TIME.fullmatch(_plain(name)) is not None


def rate_of(name: str, values: NDArray[np.float64]) -> float | None:
    """Return the rate that a vector gives if it is a time in seconds, or in the unit that ends its name.

    Args:
        name: path of the vector.
        values: float64 [N], N at least two.

    Returns:
        The mean rate in Hz to six digits; 0 where the vector counts samples; None where it is no time.
    """
    steps = np.diff(values)
    mean = float(values[-1] - values[0]) / len(steps)
    if not (np.isfinite(mean) and mean > 0 and np.isfinite(values).all()):
        return None
    named = is_time_name(name)
    scatter = float(np.abs(steps - mean).max())
    if scatter > (SCATTER_NAMED if named else SCATTER) * mean:
        return None
    if mean == 1 and scatter == 0:
        return 0.0
    return float(f"{1 / (mean * _factor(name)):.6g}")


def _factor(name: str) -> float:
    found = TIME.fullmatch(_plain(name))
    return _FACTORS.get(found[2] or "", 1.0) if found else 1.0


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rpartition(".")[2].lower())
