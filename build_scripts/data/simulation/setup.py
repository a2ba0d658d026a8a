"""The setup of a record: the machine's rated speed, and the measuring chain from its casing to the converter.

A setup is one machine and one chain; a range of setups is what a set of records is drawn from.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, iirpeak, resample_poly, sosfilt, tf2sos

from build_scripts.data.simulation.classes import SAMPLE_RATE_HZ
from build_scripts.data.simulation.operating_point import RATED_SPEED_HZ

# Time for a high-pass to settle, in periods of its corner: a real one has run for long when a record begins.
SETTLING_PERIODS = 2.0
ORDERS = (1, 2, 4)

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """Sensor, filter and amplifier, in this order; without arguments one that changes nothing.

    resonance_hz: of the mounted sensor, with a quality of 10, or None. high_pass_hz, high_pass_order: corner of a
    Butterworth filter, as analysers set it, or None. recorded_hz: the rate of a recorder whose signal was resampled
    since, or None. hum_g: amplitude of mains hum that the cable picks up, at 50 Hz. noise_g: standard deviation of
    white noise. gain and offset_g: of the amplifier.
    """

    high_pass_hz: float | None = None
    high_pass_order: int = 2
    gain: float = 1.0
    offset_g: float = 0.0
    resonance_hz: float | None = None
    recorded_hz: int | None = None
    hum_g: float = 0.0
    noise_g: float = 0.0

    def measured(self, rng: np.random.Generator, signal_g: Samples) -> Samples:
        """Return a signal float64 [N] in g at the simulator's rate as the converter receives it."""
        if self.resonance_hz is not None:
            signal_g = resonant(signal_g, self.resonance_hz)
        if self.hum_g:
            signal_g = signal_g + self.hum_g * np.sin(100.0 * np.pi * np.arange(signal_g.size) / SAMPLE_RATE_HZ)
        if self.noise_g:
            signal_g = signal_g + rng.normal(0.0, self.noise_g, signal_g.size)
        if self.high_pass_hz is not None:
            signal_g = high_passed(signal_g, self.high_pass_hz, self.high_pass_order)
        if self.recorded_hz is not None:
            down = resample_poly(signal_g, self.recorded_hz, SAMPLE_RATE_HZ)
            signal_g = np.asarray(resample_poly(down, SAMPLE_RATE_HZ, self.recorded_hz))[: signal_g.size]
        return self.gain * signal_g + self.offset_g


@dataclass(frozen=True)
class Setup:
    """One machine and one chain; every record of a set is taken with it."""

    rated_speed_hz: float = RATED_SPEED_HZ
    chain: Chain = Chain()

    def draw(self, rng: np.random.Generator) -> "Setup":
        """Return itself."""
        return self


# The machine and the chain of the records that every figure is measured on.
RATED = Setup()


@dataclass(frozen=True)
class SetupRange:
    """Machines and chains that differ from record to record.

    rated_speed_hz and gain: lowest and highest. high_passed: share of the records behind a filter, of a random order
    and a corner between high_pass_hz.
    """

    rated_speed_hz: tuple[float, float]
    gain: tuple[float, float] = (1.0, 1.0)
    high_passed: float = 0.0
    high_pass_hz: tuple[float, float] = (0.5, 12.0)

    def draw(self, rng: np.random.Generator) -> Setup:
        """Draw a setup: speeds are uniform, gains and corners uniform in their logarithm."""
        rated_speed_hz, gain = rng.uniform(*self.rated_speed_hz), log_uniform(rng, self.gain)
        corner_hz, order = log_uniform(rng, self.high_pass_hz), int(rng.choice(ORDERS))
        filtered = rng.random() < self.high_passed
        return Setup(rated_speed_hz, Chain(corner_hz if filtered else None, order, gain))


class Setups(Protocol):
    """A source of setups for the records of a set."""

    def draw(self, rng: np.random.Generator) -> Setup:
        """Return the setup of one record."""


def log_uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """Draw a number between two limits above zero, uniform in its logarithm."""
    return float(np.exp(rng.uniform(*np.log(limits))))


def high_passed(signal_g: Samples, corner_hz: float, order: int) -> Samples:
    """Filter a signal float64 [N] as a Butterworth high-pass that has long been running does."""
    sections = butter(order, corner_hz, "highpass", fs=SAMPLE_RATE_HZ, output="sos")
    # The signal, turned about its first sample, stands for what came before.
    settling = min(signal_g.size - 1, round(SETTLING_PERIODS * SAMPLE_RATE_HZ / corner_hz))
    before = 2.0 * signal_g[0] - signal_g[settling:0:-1]
    filtered = sosfilt(sections, np.concatenate([before, signal_g]) - before[0])
    return np.asarray(filtered[settling:])


def resonant(signal_g: Samples, resonance_hz: float) -> Samples:
    """Add what a sensor's mounting resonance gives back of a signal float64 [N]: ten times at its peak."""
    numerator, denominator = iirpeak(resonance_hz, 10.0, fs=SAMPLE_RATE_HZ)
    return signal_g + 9.0 * np.asarray(sosfilt(tf2sos(numerator, denominator), signal_g))
