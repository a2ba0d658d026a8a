"""Statements in the lines before a table: the sample rate, and the unit of the samples."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from functions.core.decoding.text.units import TIME_UNITS, squeezed, stated_unit
from functions.core.decoding.times import SLOWEST_HZ, UNITS_S
from functions.core.errors import SampleRateContradictsError
from functions.core.preprocessing.signal import RATE_TOLERANCE

_RATE_NAME = (
    r"(?:(?:sampl(?:e|ing)s?|scan|data|acquisition|abtast)[ \t_-]{0,3}(?:rate|freq(?:uency)?|frequenz)|abtastrate"
    r"|samplerate|samplingrate|samplingfrequency|samples?[ \t_-]{0,3}per[ \t_-]{0,3}sec(?:ond)?|sps|odr|fs|sr"
    r"|fr[ée]quence d['\u2019][ée]chantillonnage|frecuencia de muestreo|frequenza di campionamento"
    r"|częstotliwość próbkowania|частота дискретизации|采样频率|采样率|取樣頻率|サンプリング周波数)"
)
_STEP_NAME = (
    r"(?:sampl(?:e|ing)[ \t_-]{0,3}(?:interval|period|time)|(?:x[ \t_-]{0,3}axis[ \t_-]{0,3})?delta(?:[ \t_-]?[xt])?|dt"
    r"|t[ \t_-]?inc|x[ \t_-]?inc(?:rement)?|time[ \t_-]{0,3}(?:increment|interval)|increment)"
)
_VALUE = (
    r"[ \t]{0,8}(?:[\[(][ \t]?([^\])]{1,20}?)[ \t]?[\])])?[ \t\"']{0,8}[:=,;\t ][ \t:=,;\"']{0,8}"
    r"(\d[\d.,]{0,20}(?:[eE][+-]?\d{1,3})?)[ \t]{0,8}([^\W\d]{1,8}(?:/s)?)?"
)
_RATE = re.compile(rf"(?<![A-Za-z]){_RATE_NAME}{_VALUE}", re.IGNORECASE)
_STEP = re.compile(rf"(?<![A-Za-z]){_STEP_NAME}{_VALUE}", re.IGNORECASE)
# "Rate" alone is a sample rate only at the beginning of a line and with a unit of one.
_BARE_RATE = re.compile(rf"^[#%/;\s\"']{{0,8}}rate{_VALUE}", re.IGNORECASE | re.MULTILINE)
_UNIT = re.compile(
    r"^[#%/;\s\"']{0,8}(?:(?:y|vertical|amplitude)[ \t_-]{0,3}(?:axis[ \t_-]{0,3})?)?"
    r"(?:units?(?:[ \t_-]?label)?|einheit|unité|unidad|unità|jednostka|единица|单位|單位|単位)"
    r"[ \t\"']{0,8}[:=,;\t][ \t:=,;\"']{0,8}([^\s,;\"']{1,12})",
    re.IGNORECASE | re.MULTILINE,
)
_RATE_UNITS = {"k": 1e3, "m": 1e6}
_HERTZ = ("hz", "khz", "mhz")
_SAMPLES_A_SECOND = (
    *_HERTZ,
    "s/s",
    "sa/s",
    "sps",
    "samples/s",
    "ks/s",
    "samples/sec",
    "samples/second",
    "samplespersecond",
)
# Most cells of a line of names above a line of values, as some oscilloscopes write them.
_MOST_CELLS = 32


def states_rate(line: str) -> bool:
    """Whether a line states a sample rate or a time step."""
    return bool(_rates(line))


def rate_of(head: Sequence[str], *, is_given: bool = False) -> float | None:
    """Return the sample rate in Hz that lines before a table state; None where they state none.

    Args:
        head: the lines.
        is_given: whether the caller states a rate; then several in the file are no error.

    Raises:
        SampleRateContradictsError: they state several.
    """
    rates = sorted(_rates("\n".join([*head, *_paired(head)])))
    if not rates:
        return None
    if rates[-1] / rates[0] - 1 <= RATE_TOLERANCE:
        # A step is rounded where a rate is whole.
        return next((rate for rate in rates if rate.is_integer()), rates[0])
    if is_given:
        return None
    shown = " and ".join(f"{rate:g} Hz" for rate in rates[:4])
    raise SampleRateContradictsError(f"The file's head states several sample rates, {shown}: state `sample_rate_hz`.")


def unit_of_head(head: Sequence[str]) -> str | None:
    """Return the unit of the samples that lines before a table state, None where they state none or several."""
    units = {stated_unit(found) for found in _UNIT.findall("\n".join(head))}
    return units.pop() if len(units) == 1 else None


def _rates(text: str) -> set[float]:
    named = [_rate(*found) for found in _RATE.findall(text)]
    bare = [_rate(*found) for found in _BARE_RATE.findall(text) if found[2].lower() in _SAMPLES_A_SECOND]
    steps = [_rate_of_step(*found) for found in _STEP.findall(text)]
    return {rate for rate in [*named, *bare, *steps] if rate is not None}


def _paired(head: Sequence[str]) -> Iterator[str]:
    """Yield statements of lines whose cells name the values of the next line: `X,CH1,Increment` above `0,VOLT,1e-6`."""
    for names, values in pairwise(head):
        for separator in (",", ";", "\t"):
            above, below = (line.rstrip(separator).split(separator, _MOST_CELLS) for line in (names, values))
            if 2 < len(above) == len(below) <= _MOST_CELLS:
                yield from (f"{name.strip()}: {value.strip()}" for name, value in zip(above, below, strict=True))


def _rate(bracketed: str, number: str, behind: str) -> float | None:
    value, unit = _number(number), _unit_of(bracketed, behind).lower()
    if value is None:
        return None
    if unit in TIME_UNITS and unit != "s":
        # Some files give the time step under the name of a rate.
        return _rate_of_step(bracketed, number, behind)
    rate = value * (_RATE_UNITS.get(unit[:1], 1.0) if unit[1:2] in ("h", "s") else 1.0)
    return rate if rate >= SLOWEST_HZ or unit in _HERTZ else None


def _rate_of_step(bracketed: str, number: str, behind: str) -> float | None:
    value = _number(number)
    unit = TIME_UNITS.get(squeezed(_unit_of(bracketed, behind) or "s"))
    if value is None or unit is None:
        return None
    rate = float(f"{1 / (value * UNITS_S[unit]):.6g}")
    return rate if rate >= SLOWEST_HZ else None


def _unit_of(bracketed: str, behind: str) -> str:
    """Return the unit of a value; what stands behind it may be the next cell."""
    known = (one for one in (behind, bracketed) if squeezed(one) in (*TIME_UNITS, *_SAMPLES_A_SECOND))
    return next(known, behind or bracketed)


def _number(text: str) -> float | None:
    marks = text.rstrip(".,")
    if marks.count(",") == 1 and "." not in marks:
        whole, _, fraction = marks.partition(",")
        marks = whole + fraction if len(fraction) == 3 else f"{whole}.{fraction}"
    try:
        value = float(marks.replace(",", ""))
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None
