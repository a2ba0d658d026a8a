"""The vibration that each fault adds: harmonics, sub-synchronous lines, bursts and impacts.

Source: frequency structure after ISO 13373 and API 684; amplitudes are plausible engineering values of
the public LSTM-PFD project (2026) and are not validated on a rig.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.simulation.classes import SAMPLE_RATE_HZ
from build_scripts.data.simulation.evolution import Severity
from build_scripts.data.simulation.noise import decaying_noise
from build_scripts.data.simulation.operating_point import OperatingPoint

Samples = NDArray[np.float64]
BURST_SAMPLES = round(0.008 * SAMPLE_RATE_HZ)


@dataclass(frozen=True)
class Condition:
    """State of the machine that a fault acts on: operating point, severity, transient [N] and time [N] in s."""

    point: OperatingPoint
    severity: Severity
    transient: Samples
    time_s: Samples

    @property
    def intensity(self) -> Samples:
        """Severity times transient, float64 [N]."""
        return self.severity.profile * self.transient

    @property
    def combined_intensity(self) -> Samples:
        """Intensity times mean severity, float64 [N]: how the combined faults scale."""
        return self.intensity * self.severity.mean


Fault = Callable[[np.random.Generator, Condition], Samples]


def line(condition: Condition, frequency_hz: float, phase: float = 0.0) -> Samples:
    """A unit sine of `frequency_hz` with `phase` in radians; float64 [N]."""
    return np.sin(2.0 * np.pi * frequency_hz * condition.time_s + phase)


def harmonic(rng: np.random.Generator, condition: Condition, order: int) -> Samples:
    """A unit sine at `order` times shaft speed with a random phase; float64 [N]."""
    return line(condition, order * condition.point.shaft_hz, 2.0 * np.pi * rng.random())


def scatter(rng: np.random.Generator, samples: int, events: list[Samples]) -> Samples:
    """Add short events at random places of a silent record; float64 [N]."""
    total = np.zeros(samples)
    for event in events:
        start = int(rng.integers(0, samples - event.size))
        total[start : start + event.size] += event
    return total


def bursts(rng: np.random.Generator, samples: int, count: int, amplitude_g: float) -> Samples:
    """Collapsing bubbles: `count` bursts of 8 ms at 1.5 to 2.5 kHz; float64 [N], g."""
    time_s = np.arange(BURST_SAMPLES) / SAMPLE_RATE_HZ
    shape = amplitude_g * np.exp(-100.0 * time_s) * np.hanning(BURST_SAMPLES)
    tones = [np.sin(2.0 * np.pi * (1500.0 + 1000.0 * rng.random()) * time_s) for _ in range(count)]
    return scatter(rng, samples, [shape * tone for tone in tones])


def stick_slip(rng: np.random.Generator, condition: Condition) -> Samples:
    """A 2 to 5 Hz line that grows as the film thins, before its amplitude in g; float64 [N]."""
    thinness = condition.point.thermal_factor * 0.3 / condition.point.sommerfeld
    return thinness * line(condition, 2.0 + 3.0 * rng.random())


def rubbing(rng: np.random.Generator, condition: Condition, noise_g: float, lines_g: float) -> Samples:
    """Broadband friction noise with shaft lines 1x and 2x; float64 [N], g."""
    point = condition.point
    roughness = noise_g * point.operating_factor * point.film_factor * rng.standard_normal(condition.time_s.size)
    return roughness + lines_g * (line(condition, point.shaft_hz) + 0.5 * line(condition, 2 * point.shaft_hz))


def healthy(rng: np.random.Generator, condition: Condition) -> Samples:
    """No vibration of a fault: nothing is added."""
    return np.zeros(condition.time_s.size)


def misalignment(rng: np.random.Generator, condition: Condition) -> Samples:
    """Lines at 2x and 3x shaft speed."""
    return condition.intensity * (0.35 * harmonic(rng, condition, 2) + 0.20 * harmonic(rng, condition, 3))


def imbalance(rng: np.random.Generator, condition: Condition) -> Samples:
    """A line at 1x that grows with load and with speed squared."""
    amplitude_g = 0.5 * condition.point.load * condition.point.speed_ratio**2
    return condition.intensity * amplitude_g * harmonic(rng, condition, 1)


def clearance(rng: np.random.Generator, condition: Condition) -> Samples:
    """A sub-synchronous line at 0.43 to 0.48x with 1x and 2x."""
    point = condition.point
    subsynchronous = line(condition, (0.43 + 0.05 * rng.random()) * point.shaft_hz)
    harmonics = 0.18 * line(condition, point.shaft_hz) + 0.10 * line(condition, 2 * point.shaft_hz)
    return condition.intensity * (0.25 * point.thermal_factor * subsynchronous + harmonics)


def lubrication(rng: np.random.Generator, condition: Condition) -> Samples:
    """Stick-slip at 2 to 5 Hz and a few metal impacts."""
    mean = condition.severity.mean
    impacts = [0.5 * mean * decaying_noise(rng, 20, 0.4) for _ in range(int(1 + 3 * mean))]
    slow = condition.intensity * 0.30 * stick_slip(rng, condition)
    return slow + scatter(rng, condition.time_s.size, impacts)


def cavitation(rng: np.random.Generator, condition: Condition) -> Samples:
    """Two to seven short bursts and nothing else."""
    mean = condition.severity.mean
    return bursts(rng, condition.time_s.size, int(2 + 5 * mean), 0.6 * mean)


def wear(rng: np.random.Generator, condition: Condition) -> Samples:
    """Friction noise and shaft lines, modulated at 0.5 to 2 Hz."""
    modulation = 1.0 + 0.3 * line(condition, 0.5 + 1.5 * rng.random())
    return condition.intensity * rubbing(rng, condition, 0.25, 0.12) * modulation


def oil_whirl(rng: np.random.Generator, condition: Condition) -> Samples:
    """A strong line at 0.42 to 0.48x, modulated at half its own frequency."""
    whirl_hz = (0.42 + 0.06 * rng.random()) * condition.point.shaft_hz
    amplitude_g = 0.40 / np.sqrt(condition.point.sommerfeld)
    modulation = 1.0 + 0.2 * line(condition, whirl_hz / 2)
    return np.asarray(condition.intensity * amplitude_g * line(condition, whirl_hz) * modulation)


def misalignment_imbalance(rng: np.random.Generator, condition: Condition) -> Samples:
    """Lines at 1x, 2x and 3x."""
    one = 0.35 * condition.point.load * condition.point.speed_ratio**2 * harmonic(rng, condition, 1)
    others = 0.25 * harmonic(rng, condition, 2) + 0.15 * harmonic(rng, condition, 3)
    return condition.combined_intensity * (one + others)


def wear_lubrication(rng: np.random.Generator, condition: Condition) -> Samples:
    """Friction noise, shaft lines, stick-slip and contacts."""
    mean = condition.severity.mean
    contacts = [0.4 * mean * decaying_noise(rng, 10, 0.5) for _ in range(int(2 + 3 * mean))]
    steady = rubbing(rng, condition, 0.18, 0.08) + 0.20 * stick_slip(rng, condition)
    return condition.combined_intensity * steady + scatter(rng, condition.time_s.size, contacts)


def cavitation_clearance(rng: np.random.Generator, condition: Condition) -> Samples:
    """Bursts with a sub-synchronous line and 1x."""
    point, mean = condition.point, condition.severity.mean
    subsynchronous = line(condition, (0.43 + 0.05 * rng.random()) * point.shaft_hz)
    lines = 0.22 * point.thermal_factor * subsynchronous + 0.15 * line(condition, point.shaft_hz)
    burst_train = bursts(rng, condition.time_s.size, int(3 + 4 * mean), 0.5 * mean)
    return condition.combined_intensity * lines + burst_train


FAULTS: Mapping[str, Fault] = {
    fault.__name__: fault
    for fault in (
        healthy,
        misalignment,
        imbalance,
        clearance,
        lubrication,
        cavitation,
        wear,
        oil_whirl,
        misalignment_imbalance,
        wear_lubrication,
        cavitation_clearance,
    )
}
