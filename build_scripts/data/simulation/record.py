"""One simulated record: operating point, floor, noise and fault, through its measuring chain to the converter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.simulation.classes import (
    ADC_STEP_G,
    FAULT_CLASSES,
    RECORD_SAMPLES,
    SAMPLE_RATE_HZ,
    SEVERITY_LEVELS,
)
from build_scripts.data.simulation.evolution import draw_severity, draw_transient
from build_scripts.data.simulation.faults import FAULTS, Condition
from build_scripts.data.simulation.noise import environment
from build_scripts.data.simulation.operating_point import draw_operating_point
from build_scripts.data.simulation.setup import RATED, Setups

FLOOR_FACTOR = 0.05
_TIME_S = np.arange(RECORD_SAMPLES) / SAMPLE_RATE_HZ


@dataclass(frozen=True)
class SimulatedRecord:
    """ADC counts int16 [102400] of 0.001 g each, with what was simulated."""

    counts: NDArray[np.int16]
    label: int
    severity: int
    shaft_hz: float


def simulate_record(seed: np.random.SeedSequence, label: int, severity: int, setups: Setups = RATED) -> SimulatedRecord:
    """Simulate five seconds at 20480 Hz of class `label` at severity level `severity`.

    The same seed, label, severity and setups give the same counts, and what happens in the machine does not depend on
    the measuring chain.

    Raises:
        IndexError: `label` is not one of the 11 classes or `severity` not one of the 4 levels.
    """
    rng, of_chain = np.random.default_rng(seed), np.random.default_rng(seed.spawn(1)[0])
    fault = FAULTS[FAULT_CLASSES[label].id]
    setup = setups.draw(of_chain)
    point = draw_operating_point(rng, setup.rated_speed_hz)
    level = draw_severity(rng, SEVERITY_LEVELS[severity], RECORD_SAMPLES)
    condition = Condition(point, level, draw_transient(rng, RECORD_SAMPLES), _TIME_S)
    floor = FLOOR_FACTOR * point.floor_g * rng.standard_normal(RECORD_SAMPLES)
    signal = floor + environment(rng, _TIME_S) + fault(rng, condition)
    measured = setup.chain.measured(of_chain, signal)
    return SimulatedRecord(np.rint(measured / ADC_STEP_G).astype(np.int16), label, severity, point.shaft_hz)
