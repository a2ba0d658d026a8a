import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt
from scipy.stats import kurtosis

from build_scripts.data.simulation.classes import FAULT_CLASSES, RECORD_SAMPLES, SAMPLE_RATE_HZ
from build_scripts.data.simulation.evolution import Severity
from build_scripts.data.simulation.faults import FAULTS, Condition, bursts
from build_scripts.data.simulation.operating_point import OperatingPoint

TIME_S = np.arange(RECORD_SAMPLES) / SAMPLE_RATE_HZ
# 60 Hz, full load, 60 C: the Sommerfeld number is its reference 0.15 and the film factor 1.
POINT = OperatingPoint(speed_ratio=1.0, load=1.0, temperature_c=60.0, floor_g=0.2)
SHAFT_HZ = 60.0


def fault(identifier: str, severity: float = 0.8, seed: int = 0) -> NDArray[np.float64]:
    condition = Condition(POINT, Severity(np.full(RECORD_SAMPLES, severity)), np.ones(RECORD_SAMPLES), TIME_S)
    return FAULTS[identifier](np.random.default_rng(seed), condition)


def amplitude(signal: NDArray[np.float64], low_hz: float, high_hz: float) -> float:
    """The highest line between two frequencies, in g."""
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(signal.size))) * 4 / signal.size
    frequency_hz = np.fft.rfftfreq(signal.size, 1 / SAMPLE_RATE_HZ)
    return float(spectrum[(frequency_hz >= low_hz) & (frequency_hz <= high_hz)].max())


def line(signal: NDArray[np.float64], order: float) -> float:
    return amplitude(signal, order * SHAFT_HZ - 0.5, order * SHAFT_HZ + 0.5)


def peak_hz(signal: NDArray[np.float64]) -> float:
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(signal.size)))
    return float(np.fft.rfftfreq(signal.size, 1 / SAMPLE_RATE_HZ)[spectrum.argmax()])


def test_every_class_has_a_fault() -> None:
    assert list(FAULTS) == [fault.id for fault in FAULT_CLASSES]


def test_healthy_adds_nothing() -> None:
    assert not fault("healthy").any()


def test_misalignment_has_lines_at_2x_and_3x_only() -> None:
    signal = fault("misalignment", severity=1.0)
    assert line(signal, 2) == pytest.approx(0.35, rel=0.01)
    assert line(signal, 3) == pytest.approx(0.20, rel=0.01)
    assert line(signal, 1) < 1e-6
    assert line(signal, 2.5) < 1e-6


def test_imbalance_is_one_line_at_1x() -> None:
    signal = fault("imbalance", severity=1.0)
    assert line(signal, 1) == pytest.approx(0.5, rel=0.01)
    assert line(signal, 2) < 1e-6


def test_imbalance_grows_with_load_and_speed_squared() -> None:
    light = OperatingPoint(0.9, 0.4, 60.0, 0.2)
    condition = Condition(light, Severity(np.ones(RECORD_SAMPLES)), np.ones(RECORD_SAMPLES), TIME_S)
    signal = FAULTS["imbalance"](np.random.default_rng(0), condition)
    assert np.abs(signal).max() == pytest.approx(0.5 * 0.4 * 0.9**2, rel=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_clearance_has_a_subsynchronous_line_with_1x_and_2x(seed: int) -> None:
    signal = fault("clearance", severity=1.0, seed=seed)
    assert 0.43 * SHAFT_HZ <= peak_hz(signal) <= 0.48 * SHAFT_HZ
    assert amplitude(signal, 0.42 * SHAFT_HZ, 0.49 * SHAFT_HZ) == pytest.approx(0.25, rel=0.15)
    assert line(signal, 1) == pytest.approx(0.18, rel=0.01)
    assert line(signal, 2) == pytest.approx(0.10, rel=0.01)


@pytest.mark.parametrize("seed", range(8))
def test_lubrication_has_a_slow_line(seed: int) -> None:
    signal = fault("lubrication", severity=1.0, seed=seed)
    assert 1.9 <= peak_hz(signal) <= 5.1
    # 0.30 * thermal 1.0 * 0.3 / 0.15
    assert amplitude(signal, 1.5, 5.5) == pytest.approx(0.6, rel=0.15)


def test_lubrication_has_impacts() -> None:
    signal = fault("lubrication", severity=1.0)
    slow = sosfiltfilt(butter(4, 20, output="sos", fs=SAMPLE_RATE_HZ), signal)
    assert kurtosis(signal - slow) > 100


def test_cavitation_is_short_bursts_in_its_band() -> None:
    signal = fault("cavitation", severity=1.0)
    bursting = np.flatnonzero(signal)
    starts = 1 + np.count_nonzero(np.diff(bursting) > SAMPLE_RATE_HZ * 0.008)
    assert 1 <= starts <= 7
    assert bursting.size <= 7 * 164
    assert 1500 <= peak_hz(signal) <= 2500
    band = sosfiltfilt(butter(4, (1400, 2600), "bandpass", output="sos", fs=SAMPLE_RATE_HZ), signal)
    assert kurtosis(band) > 50
    assert np.sum(band**2) > 0.8 * np.sum(signal**2)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_bursts_carry_energy_by_their_number(count: int) -> None:
    signals = [bursts(np.random.default_rng(seed), RECORD_SAMPLES, count, 0.5) for seed in range(20)]
    energy = np.mean([np.sum(signal**2) for signal in signals])
    single = np.sum(bursts(np.random.default_rng(99), RECORD_SAMPLES, 1, 0.5) ** 2)
    assert energy == pytest.approx(count * single, rel=0.1)


def test_wear_is_broadband_and_modulated() -> None:
    signal = fault("wear", severity=1.0)
    assert signal.std() > 0.2
    assert line(signal, 1) == pytest.approx(0.12, rel=0.15)
    assert line(signal, 2) == pytest.approx(0.06, rel=0.15)
    high = sosfiltfilt(butter(4, 1000, "highpass", output="sos", fs=SAMPLE_RATE_HZ), signal)
    envelope = np.sqrt((high**2).reshape(-1, 2048).mean(axis=1))
    assert envelope.max() / envelope.min() == pytest.approx(1.3 / 0.7, rel=0.2)


@pytest.mark.parametrize("seed", range(8))
def test_oil_whirl_is_one_strong_subsynchronous_line(seed: int) -> None:
    signal = fault("oil_whirl", severity=1.0, seed=seed)
    assert 0.42 * SHAFT_HZ - 0.2 <= peak_hz(signal) <= 0.48 * SHAFT_HZ + 0.2
    assert np.abs(signal).max() == pytest.approx(0.4 / np.sqrt(0.15), rel=0.25)
    assert line(signal, 1) < 0.01


def test_misalignment_with_imbalance_has_three_lines_that_scale_with_severity_squared() -> None:
    signal = fault("misalignment_imbalance", severity=0.5)
    assert [line(signal, order) for order in (1, 2, 3)] == pytest.approx(
        [0.25 * amplitude_g for amplitude_g in (0.35, 0.25, 0.15)], rel=0.02
    )


def test_wear_with_lubrication_has_noise_shaft_lines_and_a_slow_line() -> None:
    signal = fault("wear_lubrication", severity=1.0)
    assert amplitude(signal, 1.5, 5.5) == pytest.approx(0.4, rel=0.15)
    assert line(signal, 1) == pytest.approx(0.08, rel=0.15)
    assert sosfiltfilt(butter(4, 1000, "highpass", output="sos", fs=SAMPLE_RATE_HZ), signal).std() > 0.15


def test_cavitation_with_clearance_has_bursts_and_no_2x() -> None:
    signal = fault("cavitation_clearance", severity=1.0)
    assert amplitude(signal, 0.42 * SHAFT_HZ, 0.49 * SHAFT_HZ) == pytest.approx(0.22, rel=0.15)
    assert line(signal, 1) == pytest.approx(0.15, rel=0.02)
    assert line(signal, 2) < 0.005
    band = sosfiltfilt(butter(4, (1400, 2600), "bandpass", output="sos", fs=SAMPLE_RATE_HZ), signal)
    assert kurtosis(band) > 50


@pytest.mark.parametrize("identifier", [fault.id for fault in FAULT_CLASSES[1:]])
def test_severity_raises_the_fault(identifier: str) -> None:
    weak, strong = (np.mean([fault(identifier, s, seed).std() for seed in range(5)]) for s in (0.2, 1.0))
    assert strong > 2 * weak
