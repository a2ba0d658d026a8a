"""Units of samples as files write them, and the units in which they are served."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from functions.core.preprocessing.signal import Recording, Unit, join_notes, units_of_rows


class Scale(NamedTuple):
    """The served unit of samples, and the factor that brings them to it."""

    unit: Unit
    factor: float


# All spellings are without spaces and brackets, in lower case.
# Source: BIPM, The International System of Units, 9th edition, and for the gal its 8th edition, table 9.
UNIT_NAMES: Mapping[str, Scale] = {
    **dict.fromkeys(("g", "gn", "g_n", "g\u2099", "gs", "g's", "g-s"), Scale("g", 1.0)),
    **dict.fromkeys(("mg", "mgn", "mg_n", "millig", "milli-g"), Scale("g", 1e-3)),
    **dict.fromkeys(("ug", "\xb5g", "\u03bcg", "microg", "micro-g"), Scale("g", 1e-6)),
    **dict.fromkeys(("gal", "gals"), Scale("m/s2", 1e-2)),
    **dict.fromkeys(("mgal", "mgals"), Scale("m/s2", 1e-5)),
    **dict.fromkeys(("ips",), Scale("mm/s", 25.4)),
    **dict.fromkeys(("ms2",), Scale("m/s2", 1.0)),
}
# In millimetres; an inch and a foot are defined by the international yard of 1959.
LENGTHS_MM: Mapping[str, float] = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1e3),
    **dict.fromkeys(("cm", "centimeters", "centimetres"), 10.0),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1.0),
    **dict.fromkeys(("um", "\xb5m", "\u03bcm", "micron", "microns", "micrometers", "micrometres"), 1e-3),
    **dict.fromkeys(("nm",), 1e-6),
    **dict.fromkeys(("in", "in.", "inch", "inches"), 25.4),
    **dict.fromkeys(("ft", "foot", "feet"), 304.8),
}
# What stands behind a length; one of the groups is there for an acceleration alone.
_PER_SECOND = (
    r"(?:(?:/|per|_)(?:seconds?|sec|s)|[.*\xb7]?s(?:\^?-1|\u207b\xb9))"
    r"((?:\^?2|\xb2|\*\*2|squared)|/s|/sec|\*s)?|([.*\xb7]?s(?:\^?-2|\u207b\xb2))"
)
# What an analyser puts behind the unit of an axis; the samples of a waveform are in the unit itself.
DETECTOR = re.compile(r"[-_.,]?(?:rms|eff|0-?(?:pk?|peak)|pk|peak)$")
# The same, of a display from peak to peak.
PEAK_TO_PEAK = re.compile(r"[-_.,]?(?:pk|peak|p)(?:-?to-?|[-_/2t])?(?:pk|peak|p)$")
# Its groups: the length, and of an acceleration one of the others.
OF_LENGTH = re.compile(rf"({'|'.join(map(re.escape, sorted(LENGTHS_MM)))})(?:{_PER_SECOND})")
# Brackets, and what UTF-8 leaves of its signs where it was read as Windows-1252.
_LEFT_OUT = str.maketrans("", "", "()[]\xc2")
_SHOWN = 40
# Of channels in units of their own.
_MOST_NOTES = 4


def scale_of(text: str) -> Scale | None:
    """Return the scale of the unit that a text in a file stands for; None where it is no acceleration or velocity."""
    plain = bare_unit(text)
    if plain in UNIT_NAMES:
        return UNIT_NAMES[plain]
    found = OF_LENGTH.fullmatch(plain)
    if found is None:
        return None
    length_mm = LENGTHS_MM[found[1]]
    return Scale("m/s2", length_mm / 1e3) if found[2] or found[3] else Scale("mm/s", length_mm)


def bare_unit(text: str) -> str:
    """Return a unit in lower case without spaces, brackets and what an analyser puts behind it."""
    plain = _plain(text)
    return (PEAK_TO_PEAK if PEAK_TO_PEAK.search(plain) else DETECTOR).sub("", plain)


def known_unit(text: str) -> Unit | None:
    """Return the served unit that a text in a file stands for as it is, or None where it stands for none."""
    scale = scale_of(text)
    return None if scale is None or scale.factor != 1 or is_peak_to_peak(text) else scale.unit


def is_peak_to_peak(text: str) -> bool:
    """Whether the unit that a text in a file stands for is one of a display from peak to peak."""
    return PEAK_TO_PEAK.search(_plain(text)) is not None


def in_served_units(recording: Recording) -> Recording:
    """Return a recording whose channels are in g, m/s2 or mm/s, by these names, where the file has a unit of them.

    Units of an acceleration or velocity that are none of the three are multiplied to one; a note names each factor.
    Samples of a unit from peak to peak are read as instantaneous values, as a waveform's are; a note states it.
    Other units stay as they are.
    """
    units = units_of_rows(recording)
    scales = {unit: scale for unit in units if unit is not None and (scale := scale_of(unit))}
    if not scales:
        return recording
    served = [scales[unit].unit if unit in scales else unit for unit in units]
    is_one = len(set(served)) == 1
    named = replace(recording, unit=served[0] if is_one else None, channel_units=() if is_one else served)
    notes = [note for unit, scale in scales.items() if (note := _note(unit, scale))]
    factors = [scales[unit].factor if unit in scales else 1.0 for unit in units]
    noted = replace(named, note=join_notes(recording.note, *notes[:_MOST_NOTES])) if notes else named
    if all(factor == 1 for factor in factors):
        return noted
    # What becomes infinite is refused behind the decoders, with its place.
    with np.errstate(over="ignore"):
        return replace(noted, samples=recording.samples * np.array(factors, np.float32)[:, None])


def _note(unit: str, scale: Scale) -> str | None:
    """Return what an answer reports of a file's unit; None where it is served as it is."""
    shown = unit.strip()[:_SHOWN]
    multiplied = None
    if scale.factor != 1:
        multiplied = f"The file's samples in {shown} were multiplied by {scale.factor:g} and are in {scale.unit}."
    if not is_peak_to_peak(unit):
        return multiplied
    return join_notes(
        multiplied, f"The unit {shown} is one of a display from peak to peak: the samples were read as instantaneous."
    )


def _plain(text: str) -> str:
    return "".join(text.translate(_LEFT_OUT).split()).lower()
