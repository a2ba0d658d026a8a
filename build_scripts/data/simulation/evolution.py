"""Change of a fault over a record: its severity, and the transient of the machine."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.simulation.classes import SeverityLevel

GROWTH_PROBABILITY = 0.30
GROWTH = 0.3
TRANSIENT_PROBABILITY = 0.25


@dataclass(frozen=True)
class Severity:
    """Severity over the record, float64 [N] in (0, 1], and its mean."""

    profile: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean severity of the record."""
        return float(self.profile.mean())


def draw_severity(rng: np.random.Generator, level: SeverityLevel, samples: int) -> Severity:
    """Draw a severity of `level`; in 30 % of records it grows linearly by up to 0.3."""
    start = rng.uniform(level.low, level.high)
    end = min(1.0, start + GROWTH) if rng.random() < GROWTH_PROBABILITY else start
    return Severity(np.linspace(start, end, samples))


def speed_ramp(samples: int) -> NDArray[np.float64]:
    """A speed that rises from 0.85 to 1.15 between 20 and 60 % of the record, 1 elsewhere; float64 [N]."""
    envelope = np.ones(samples)
    start, end = int(0.2 * samples), int(0.6 * samples)
    envelope[start:end] = np.linspace(0.85, 1.15, end - start)
    return envelope


def load_step(samples: int) -> NDArray[np.float64]:
    """A load of 0.7 before 40 % of the record, 1 after; float64 [N]."""
    return np.where(np.arange(samples) < int(0.4 * samples), 0.7, 1.0)


def thermal_growth(samples: int) -> NDArray[np.float64]:
    """A growth from 0.9 towards 1.1, exponential with a time constant of 30 % of the record; float64 [N]."""
    return 0.9 + 0.2 * (1.0 - np.exp(-np.arange(samples) / (0.3 * samples)))


TRANSIENTS = (speed_ramp, load_step, thermal_growth)


def draw_transient(rng: np.random.Generator, samples: int) -> NDArray[np.float64]:
    """Draw the transient envelope, float64 [N]: in 25 % of records one of TRANSIENTS, otherwise ones."""
    if rng.random() >= TRANSIENT_PROBABILITY:
        return np.ones(samples)
    return TRANSIENTS[rng.integers(len(TRANSIENTS))](samples)
