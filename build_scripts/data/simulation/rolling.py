"""Windows of rolling bearings of any geometry, on machines of any kind: what the model any-bearing is trained on.

Source of the model of impacts: J. Antoni and R. B. Randall, "A stochastic model for simulation and diagnostics of
rolling element bearings with localized faults", Journal of Vibration and Acoustics 125 (2003). The ranges are plausible
engineering values, and no window of this kind has been checked against a real machine.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from functions.core.bearings.features import WINDOW_S
from functions.core.bearings.orders import FaultOrders, Geometry
from functions.core.preprocessing.arrays import Float32Array

# In the order of the model's classes.
NORMAL, OUTER, INNER, ELEMENT = range(4)
MAINS_HZ = (50.0, 60.0)
# Housings and mounted sensors ring below.
HIGHEST_MODE_HZ = 20_000.0
# Part of the windows without a fault of the stated bearing that have one of another.
DECOYS = 0.45
# A decoy's lines lie so far, in parts of an order, from every line of the stated bearing.
_APART = 0.035
Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Kinds:
    """The range of machines that are drawn: sample rates, and limits of shaft speed in Hz and of rolling elements."""

    rates_hz: tuple[int, ...]
    shaft_hz: tuple[float, float]
    elements: tuple[int, int]


TRAINED = Kinds((8_000, 10_000, 12_000, 12_000, 16_000, 20_480, 25_600, 25_600, 48_000, 64_000), (6.0, 80.0), (6, 20))
# Other rates, faster and slower shafts, fewer and more elements than training shows.
LEFT_OUT = Kinds((9_600, 14_400, 32_768, 44_100, 97_656), (4.0, 130.0), (5, 26))


@dataclass(frozen=True)
class Machine:
    """One window's recording: sample rate and shaft speed in Hz, the bearing, and its orders with slip."""

    rate_hz: int
    shaft_hz: float
    orders: FaultOrders

    @property
    def samples(self) -> int:
        """Samples of a window."""
        return round(self.rate_hz * WINDOW_S)


@dataclass(frozen=True)
class RollingWindow:
    """A window float32 [1, T] of class `label`, and its conditions float32 [5]."""

    samples: Float32Array
    conditions: Float32Array
    label: int


def simulated_window(rng: np.random.Generator, label: int, kinds: Kinds = TRAINED) -> RollingWindow:
    """Return one window of a class, on a machine that is drawn of some kinds."""
    machine = _machine(rng, kinds)
    noise = _coloured(rng, rng.standard_normal(machine.samples), machine.rate_hz, rng.uniform(0.0, 1.0))
    signal = noise / noise.std()
    if label != NORMAL:
        signal = signal + _fault(rng, machine, label)
    elif rng.random() < DECOYS:
        signal = signal + _fault(rng, _other_bearing(rng, machine, kinds), int(rng.integers(OUTER, ELEMENT + 1)))
    signal = _recorded(rng, signal + _disturbances(rng, machine), machine)
    conditions = [machine.shaft_hz * 60, *(getattr(machine.orders, name) for name in ("bpfo", "bpfi", "bsf", "ftf"))]
    return RollingWindow(signal.astype(np.float32)[None], np.array(conditions, np.float32), label)


def _machine(rng: np.random.Generator, kinds: Kinds) -> Machine:
    while True:
        shaft_hz = float(np.exp(rng.uniform(*np.log(kinds.shaft_hz))))
        machine = Machine(int(rng.choice(kinds.rates_hz)), shaft_hz, _geometry(rng, kinds))
        # At least three harmonics of every fault can be seen.
        if machine.orders.bpfi * machine.shaft_hz * 3 < machine.rate_hz / 8:
            return machine


def _geometry(rng: np.random.Generator, kinds: Kinds) -> FaultOrders:
    elements = int(rng.integers(kinds.elements[0], kinds.elements[1] + 1))
    # Elements do not overlap on their pitch circle.
    widest = min(0.34, 0.95 * np.sin(np.pi / elements))
    angle = float(rng.choice([0.0, rng.uniform(5, 40)], p=[0.6, 0.4]))
    return Geometry(elements, float(rng.uniform(0.55, 1.0) * widest), 1.0, angle).orders()


def _other_bearing(rng: np.random.Generator, machine: Machine, kinds: Kinds) -> Machine:
    """Return the machine with a bearing none of whose lines is one of the bearing's that is stated."""
    stated = machine.orders
    own = np.array([stated.bpfo, stated.bpfi, 2 * stated.bsf])
    while True:
        other = _geometry(rng, kinds)
        lines = np.array([other.bpfo, other.bpfi, 2 * other.bsf])
        if np.abs(lines[:, None] / own - 1).min() > _APART:
            return replace(machine, orders=other)


def _fault(rng: np.random.Generator, machine: Machine, label: int) -> Samples:
    """Return the signal of a local fault against noise of an RMS of 1: impacts through resonances."""
    slip = 1 - abs(rng.normal(0, 0.006)) * rng.choice([1, -1], p=[0.8, 0.2])
    order = {OUTER: machine.orders.bpfo, INNER: machine.orders.bpfi, ELEMENT: 2 * machine.orders.bsf}[label]
    period_s = 1 / (order * slip * machine.shaft_hz)
    gaps = period_s * (1 + rng.choice([0.001, 0.005, 0.012]) * rng.standard_normal(int(WINDOW_S / period_s) + 4))
    times = np.cumsum(gaps) - gaps[0] * (1 + rng.random())
    weights = _load(rng, machine, label, times) * (1 + rng.uniform(0, 0.4) * rng.standard_normal(len(times)))
    if label == ELEMENT:
        # The strike on the other race is weaker.
        weights *= np.where(np.arange(len(times)) % 2, rng.uniform(0.2, 1.0), 1.0)
    impacts = _impulses(times, weights, machine)
    share = rng.choice([0.0, rng.uniform(0.2, 1.0)], p=[0.7, 0.3])
    if share:
        # A grown fault: noise comes and goes at the line, with no sharp impact.
        impacts = impacts + share * _pulsing(rng, machine, times, weights)
    ringing = _resonances(rng, impacts, machine.rate_hz)
    return np.asarray(_strength(rng) * ringing / (ringing.std() + 1e-12))


def _strength(rng: np.random.Generator) -> float:
    return float(10 ** rng.uniform(-0.75, 0.6))


def _load(rng: np.random.Generator, machine: Machine, label: int, times: Samples) -> Samples:
    """Return the strength of each impact: a part that turns passes through the load zone."""
    depth = rng.uniform(0.3, 1.0) if label != OUTER else rng.choice([0.0, rng.uniform(0, 0.4)])
    order = machine.orders.ftf if label == ELEMENT else 1.0
    phase = 2 * np.pi * (order * machine.shaft_hz * times + rng.random())
    zone = np.maximum(0, np.cos(phase)) ** rng.uniform(0.5, 1.5) if rng.random() < 0.5 else 0.5 + 0.5 * np.cos(phase)
    return np.asarray(1 - depth + depth * zone)


def _impulses(times: Samples, weights: Samples, machine: Machine) -> Samples:
    """Return impulses at times, each shared by the two samples around it."""
    places = times * machine.rate_hz
    first = np.floor(places).astype(int)
    part = places - first
    train = np.zeros(machine.samples)
    for samples, share in ((first, 1 - part), (first + 1, part)):
        inside = (samples >= 0) & (samples < machine.samples)
        np.add.at(train, samples[inside], (weights * share)[inside])
    return train


def _pulsing(rng: np.random.Generator, machine: Machine, times: Samples, weights: Samples) -> Samples:
    at = np.arange(machine.samples) / machine.rate_hz
    nearest = np.clip(np.searchsorted(times, at), 1, len(times) - 1)
    phase = (at - times[nearest - 1]) / (times[nearest] - times[nearest - 1])
    strength = np.abs(weights[nearest - 1]) * np.maximum(0, np.cos(2 * np.pi * phase))
    return np.asarray(0.3 * strength * rng.standard_normal(machine.samples))


def _resonances(rng: np.random.Generator, impacts: Samples, rate_hz: int) -> Samples:
    """Return impacts through one to three modes of a structure."""
    frequencies = np.fft.rfftfreq(len(impacts), 1 / rate_hz)
    response = np.full(len(frequencies), rng.choice([0.0, 0.03]), complex)
    for _ in range(rng.integers(1, 4)):
        mode_hz, damping = (
            np.exp(rng.uniform(np.log(600), np.log(min(0.48 * rate_hz, HIGHEST_MODE_HZ)))),
            10 ** rng.uniform(-2.0, -0.9),
        )
        ratio = frequencies / mode_hz
        response += rng.uniform(0.2, 1.0) * ratio**2 / (1 - ratio**2 + 2j * damping * ratio)
    return np.asarray(np.fft.irfft(np.fft.rfft(impacts) * response, len(impacts)))


def _coloured(rng: np.random.Generator, noise: Samples, rate_hz: int, share: float) -> Samples:
    """Return noise as a structure colours it: some of it through modes, falling or rising with frequency."""
    through = _resonances(rng, noise, rate_hz)
    return np.asarray((1 - share) * noise + share * through / through.std())


def _disturbances(rng: np.random.Generator, machine: Machine) -> Samples:
    """Return what a machine without a fault shows as well: tones, mains, meshing gears, looseness, single impacts."""
    time = np.arange(machine.samples) / machine.rate_hz
    found = np.zeros(machine.samples)
    shaft_hz = machine.shaft_hz * (1 + rng.normal(0, 0.0005))
    if rng.random() < 0.8:
        found += _comb(rng, time, shaft_hz, int(rng.integers(2, 40)), machine.rate_hz)
    if rng.random() < 0.5:
        found += _comb(rng, time, rng.choice(MAINS_HZ) * (1 + rng.normal(0, 0.001)), 12, machine.rate_hz)
    for _ in range(rng.integers(0, 4)):
        # Gears, fans and slots: a tone with sidebands of a shaft, which need not be this one.
        carrier_hz = np.exp(rng.uniform(np.log(100), np.log(0.45 * machine.rate_hz)))
        side_hz = rng.choice([shaft_hz, shaft_hz * rng.uniform(0.1, 6), rng.choice(MAINS_HZ) * 2])
        found += _modulated(rng, time, carrier_hz, side_hz)
    if rng.random() < 0.3:
        found += _strikes(rng, machine, shaft_hz * rng.choice([0.5, 1, 2, 3]))
    if rng.random() < 0.2:
        found += _strikes(rng, machine, shaft_hz * _order_of_another_part(rng, machine.orders))
    if rng.random() < 0.3:
        # The whole noise of a machine comes and goes with its shaft, or with another one.
        beat_hz = rng.choice([shaft_hz, 2 * shaft_hz, shaft_hz * rng.uniform(0.2, 5), 2 * rng.choice(MAINS_HZ)])
        found += rng.uniform(0.1, 1) * (1 + np.cos(2 * np.pi * beat_hz * time)) * rng.standard_normal(len(time)) * 0.5
    if rng.random() < 0.3:
        knocks = np.zeros(machine.samples)
        knocks[rng.integers(0, machine.samples, rng.integers(1, 30))] = rng.uniform(1, 20)
        found += _resonances(rng, knocks, machine.rate_hz)
    return found


def _comb(rng: np.random.Generator, time: Samples, base_hz: float, lines: int, rate_hz: int) -> Samples:
    level = 10 ** rng.uniform(-1.5, 0.5)
    found = np.zeros(len(time))
    for line in range(1, lines + 1):
        if rng.random() < 0.6 and line * base_hz < 0.49 * rate_hz:
            strength = level * rng.exponential() / line ** rng.uniform(0, 1)
            found += strength * np.cos(2 * np.pi * (line * base_hz * time + rng.random()))
    return found


def _modulated(rng: np.random.Generator, time: Samples, carrier_hz: float, side_hz: float) -> Samples:
    depth = rng.uniform(0, 1) * (1 + np.cos(2 * np.pi * (side_hz * time + rng.random()))) ** rng.integers(1, 4)
    wander = 10 ** rng.uniform(-4, -2) * np.cumsum(rng.standard_normal(len(time))) / np.sqrt(len(time))
    return np.asarray(10 ** rng.uniform(-1.5, 0.5) * (1 + depth) * np.cos(2 * np.pi * carrier_hz * time + 100 * wander))


def _order_of_another_part(rng: np.random.Generator, stated: FaultOrders) -> float:
    """Return the order of a belt, or of a slower or faster shaft, that is no half and no whole of a fault's."""
    own = np.array([stated.bpfo, stated.bpfi, 2 * stated.bsf])
    while True:
        order = float(np.exp(rng.uniform(np.log(0.2), np.log(4.0))))
        if np.abs(order * np.array([[1], [2]]) / own - 1).min() > _APART:
            return order


def _strikes(rng: np.random.Generator, machine: Machine, rate_hz: float) -> Samples:
    """Return strikes of a loose shaft or of another part: lines that are no bearing's."""
    times = np.arange(0, WINDOW_S, 1 / rate_hz)
    times = times + rng.random() / rate_hz + rng.choice([1e-5, 2e-4]) * rng.standard_normal(len(times))
    train = _impulses(times, 1 + 0.3 * rng.standard_normal(len(times)), machine)
    ringing = _resonances(rng, train, machine.rate_hz)
    return np.asarray(10 ** rng.uniform(-1, 0.5) * ringing / (ringing.std() + 1e-12))


def _recorded(rng: np.random.Generator, signal: Samples, machine: Machine) -> Samples:
    """Return a signal as a sensor and a recorder leave it: its filters, offset, gain and steps."""
    spectrum = np.fft.rfft(signal)
    frequencies = np.fft.rfftfreq(len(signal), 1 / machine.rate_hz)
    if rng.random() < 0.5:
        corner_hz = np.exp(rng.uniform(np.log(1500), np.log(machine.rate_hz)))
        spectrum /= np.sqrt(1 + (frequencies / corner_hz) ** (2 * rng.integers(1, 7)))
    if rng.random() < 0.5:
        spectrum *= frequencies / np.hypot(frequencies, np.exp(rng.uniform(np.log(0.5), np.log(30))))
    filtered = np.fft.irfft(spectrum, len(signal))
    step = filtered.std() * 10 ** rng.uniform(-4, -1.3)
    stepped = np.round(filtered / step) * step + filtered.std() * rng.uniform(0, 0.02) * rng.standard_normal(
        len(signal)
    )
    return np.asarray(10 ** rng.uniform(-2, 2) * (stepped + rng.normal(0, 0.5)))
