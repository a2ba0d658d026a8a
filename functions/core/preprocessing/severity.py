"""Severity of a vibration: the RMS of its velocity between 10 and 1,000 Hz, and its zone of ISO 20816-3."""

from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from msgspec.structs import replace

from functions.core.errors import InvalidOptionError, UnitContradictsError, UnitMissingError
from functions.core.preprocessing.arrays import Float32Array, Float64Array
from functions.core.preprocessing.indicators import Foundation, Measured, Zone
from functions.core.preprocessing.resampling import resample
from functions.core.preprocessing.signal import Unit, join_notes
from functions.core.preprocessing.units import known_unit, scale_of

ZONES: tuple[Zone, ...] = ("A", "B", "C", "D")
# Boundaries A to B, B to C and C to D, in mm/s RMS, by machine group and foundation.
# Source: ISO 10816-3:2009, tables A.1 and A.2; ISO 20816-3:2022 takes the place of that standard.
ZONE_LIMITS_MM_S: Mapping[tuple[int, Foundation], tuple[float, float, float]] = {
    (1, "rigid"): (2.3, 4.5, 7.1),
    (1, "flexible"): (3.5, 7.1, 11.0),
    (2, "rigid"): (1.4, 2.8, 4.5),
    (2, "flexible"): (2.3, 4.5, 7.1),
}
# The measuring range of the standard for machines above 600 rpm.
LOWEST_HZ, HIGHEST_HZ = 10.0, 1000.0
# Ten periods of the lowest frequency: the lines of a sine there are well apart from 0 Hz.
SHORTEST_S = 1.0
# Of one spectrum; the spectra of a longer recording are averaged.
_SPECTRUM_S = 4.0
# Twice what the band needs, so that no filter reaches into it; faster recordings are brought to it.
_RATE_HZ = 4 * HIGHEST_HZ
# In mm/s2. Source: BIPM, The International System of Units, 9th edition: standard acceleration of gravity.
_MM_S2: Mapping[Unit, float] = {"g": 9806.65, "m/s2": 1000.0}
_MEAN_SQUARE_OF_HANN = 0.375
_LONGEST_UNIT = 40


def with_severity(found: Measured, samples: Float32Array, group: int | None, foundation: Foundation | None) -> Measured:
    """Return the measured figures of samples float32 [C, N] with velocity RMS and, where it is asked for, zone.

    Raises:
        InvalidOptionError, UnitMissingError: as `check_severity`.
    """
    check_severity(found.unit, group, foundation)
    velocity = velocity_rms_mm_s(samples, found.sample_rate.hz, found.unit)
    zone = severity_zone(velocity, group, foundation)
    found = replace(found, velocity_rms_mm_s=velocity, severity_zone=zone)
    if zone is not None or group is None:
        return found
    return replace(found, note=join_notes(found.note, _without_zone(found)))


def _without_zone(found: Measured) -> str:
    """Return the note of a recording whose zone was asked for and cannot be given."""
    return (
        f"There is no severity zone: the velocity needs {SHORTEST_S:g} s at {2 * HIGHEST_HZ:,.0f} Hz or more, and the"
        f" recording has {found.duration_s:.3g} s at {found.sample_rate.hz:,.6g} Hz."
    )


def factor_between(unit: str, other: str) -> float | None:
    """Return the factor from one unit to another; None where they are not both accelerations or both velocities."""
    known, wanted = scale_of(unit), scale_of(other)
    if known is None or wanted is None or (known.unit == "mm/s") != (wanted.unit == "mm/s"):
        return None
    return known.factor * _MM_S2.get(known.unit, 1.0) / (wanted.factor * _MM_S2.get(wanted.unit, 1.0))


def unit_of(stated: Unit | None, in_file: str | None) -> str | None:
    """Return the unit of a recording: the caller's, else the file's, by its usual name where there is one.

    Raises:
        UnitContradictsError: the file states another.
    """
    if in_file is None:
        return stated
    known = known_unit(in_file)
    if stated is not None and known not in {None, stated}:
        raise UnitContradictsError(
            f"`unit` is {stated}, but the file states {in_file[:_LONGEST_UNIT]!r}: leave the option out, or correct the"
            " file."
        )
    return stated or known or in_file.strip()[:_LONGEST_UNIT] or None


def check_severity(unit: str | None, group: int | None, foundation: Foundation | None) -> None:
    """Check that a severity can be computed, where one is asked for.

    Raises:
        InvalidOptionError: one of group and foundation is given without the other.
        UnitMissingError: there is no unit, or none of an acceleration or velocity.
    """
    check_machine(group, foundation)
    if group is None:
        return
    if unit is None:
        raise UnitMissingError("The severity needs the unit of the samples; state it with `unit`: g, m/s2 or mm/s.")
    if known_unit(unit) is None:
        raise UnitMissingError(
            f"The file's unit {unit!r} is no acceleration or velocity that is read here; state the samples' unit with"
            " `unit`: g, m/s2 or mm/s."
        )


def check_machine(group: int | None, foundation: Foundation | None) -> None:
    """Check that group and foundation are given together or not at all.

    Raises:
        InvalidOptionError: one of them is missing.
    """
    if (group is None) != (foundation is None):
        missing = "machine_group" if group is None else "foundation"
        raise InvalidOptionError(
            f"The severity needs `machine_group` and `foundation`; `{missing}` is missing.", field=missing
        )


def velocity_rms_mm_s(samples: Float32Array, rate_hz: float, unit: str | None) -> float | None:
    """Return the RMS of the velocity between 10 and 1,000 Hz, in mm/s; of several channels, the highest.

    The mean squares of the lines of Hann-windowed spectra are added up; an acceleration is integrated by dividing
    each by the square of its angular frequency. A sine at an end of the band has half its power in it.

    Args:
        samples: float32 [C, N], finite.
        rate_hz: their sample rate.
        unit: g, m/s2 or mm/s.

    Returns:
        None where it cannot be computed: another unit, a rate below 2,000 Hz, or less than a second.

    Source: ISO 20816-1:2016, sections 4.2 and 4.3 (broad-band RMS velocity); R. B. Randall, Vibration-based Condition
    Monitoring, 2nd edition, section 3.2 (integration and scaling of spectra).
    """
    known = None if unit is None else known_unit(unit)
    if known is None or rate_hz < 2 * HIGHEST_HZ or samples.shape[1] < SHORTEST_S * rate_hz:
        return None
    if rate_hz > 2 * _RATE_HZ:
        samples, rate_hz = resample(samples - samples.mean(axis=1, keepdims=True), rate_hz, _RATE_HZ), _RATE_HZ
    return max(_band_rms(row, rate_hz, known) for row in samples)


def severity_zone(velocity_mm_s: float | None, group: int | None, foundation: Foundation | None) -> Zone | None:
    """Return the zone of a velocity RMS in mm/s, or None where it, group or foundation is not known."""
    if velocity_mm_s is None or group is None or foundation is None:
        return None
    return ZONES[bisect_left(ZONE_LIMITS_MM_S[group, foundation], velocity_mm_s)]


def _band_rms(row: Float32Array, rate_hz: float, unit: Unit) -> float:
    """Return the velocity RMS of one channel, float32 [N], in mm/s."""
    length = min(len(row), round(_SPECTRUM_S * rate_hz))
    spectra = 1 + -(-2 * (len(row) - length) // length)
    starts = np.linspace(0, len(row) - length, spectra).astype(int)
    window = _hann(length)
    weights, lines = _weights(length, rate_hz, unit)
    power = sum(float(weights @ _mean_squares(row[start : start + length], window, lines)) for start in starts)
    return float((power / spectra) ** 0.5)


def _mean_squares(samples: Float32Array, window: Float32Array, lines: slice) -> Float64Array:
    spectrum = np.fft.rfft((samples - samples.mean()) * window, norm="forward")[lines]
    return 2 / _MEAN_SQUARE_OF_HANN * np.square(np.abs(spectrum), dtype=np.float64)


# Recordings of a machine, and the channels and spectra of one of them, are of one length.
@lru_cache(maxsize=4)
def _hann(length: int) -> Float32Array:
    return np.hanning(length + 1)[:-1].astype(np.float32)


@lru_cache(maxsize=4)
def _weights(length: int, rate_hz: float, unit: Unit) -> tuple[Float64Array, slice]:
    """Return the weights of the lines within the band, float64 [lines], and the slice of these lines.

    A weight turns the mean square of a line into that of its velocity in mm/s.
    """
    frequencies_hz = np.arange(length // 2 + 1) * (rate_hz / length)
    lines = slice(*np.searchsorted(frequencies_hz, (LOWEST_HZ * (1 - 1e-9), HIGHEST_HZ * (1 + 1e-9))).tolist())
    if unit == "mm/s":
        return np.ones(lines.stop - lines.start), lines
    return np.square(_MM_S2[unit] / (2 * np.pi * frequencies_hz[lines])), lines
