"""The meaning of the fields beside a signal: its sample rate, the speed of the shaft, the unit, time."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Self, TypeVar

import numpy as np

from build_scripts.palier_cli.readers.variables import Value, Variable
from functions.core.decoding.text.units import TIME_UNITS, squeezed
from functions.core.models.options import TimeUnit

# Names without signs, in lower case. Source: the data sets of CWRU, MFPT, Paderborn, KAIST, HUST and DIRG, NI's
# waveforms, Siemens' Testlab, and what people write themselves.
RATE = re.compile(
    r"(fs|fsamp|fsample|fsampling|sr|sps|datarate|acquisitionrate"
    r"|samp(le|les|ling)?(rate|freq|frequency|speed)|samplespersecond|freqsampling|ratesampling)(k?hz)?"
)
PERIOD = re.compile(
    r"(dt|ts|tstep|timestep|deltat|deltax|dx|xinc|xincrement|increment|wfincrement"
    r"|samp(le|ling)(period|interval|time|step)|timeincrement|timeinterval)(s|sec|ms|us)?"
)
_PERIOD_FACTORS = {"ms": 1e-3, "us": 1e-6}
SHAFT_RPM = re.compile(r"(.*rpm|shaftspeed|rotatingspeed|rotationalspeed|rotationspeed)")
SHAFT_HZ = re.compile(r"(rate|shaftrate|shaftfreq|shaftfrequency|shafthz|rotationfrequency)")
UNIT = re.compile(r"(y?units?|unitsy|unitstring|yunitlabel|quantitylabel)")
TIME = re.compile(r"(t|time|times|timestamps?|seconds|zeit|temps|tiempo|xdata|xvalues?)(s|sec|ms|us|ns)?")
QUANTITY = re.compile(
    r"\s*([+-]?[\d.,]+(?:e[+-]?\d+)?)\s*(k?)(?:hz|s/s|sa/s|sps|samples/s|rpm|1/min|s)?\s*", re.IGNORECASE
)
LONGEST_TEXT = 64
T = TypeVar("T")
# No shaft of a machine turns faster, in Hz.
FASTEST_SHAFT_HZ = 1_000


def is_field(variable: Variable) -> bool:
    """Return whether a variable is a single value whose name has a meaning here."""
    is_text = variable.is_text and math.prod(variable.shape) <= LONGEST_TEXT
    return (is_text or variable.is_single) and is_field_name(variable.name)


def is_field_name(name: str) -> bool:
    """Return whether a name has a meaning here."""
    plain = _plain(name)
    return any(one.fullmatch(plain) for one in (RATE, PERIOD, SHAFT_RPM, SHAFT_HZ, UNIT))


def is_time_name(name: str) -> bool:
    """Whether a vector of this name is the time of others."""
    return TIME.fullmatch(_plain(name)) is not None


def time_unit(name: str) -> TimeUnit | None:
    """Return the unit that ends the name of a time; None where none does."""
    found = TIME.fullmatch(_plain(name))
    ending = found[2] if found else None
    return None if ending is None else TIME_UNITS[ending]


@dataclass(frozen=True)
class Facts:
    """Statements of a file's fields, by their paths: sample rates in Hz, shaft speeds in rpm, units."""

    rates_hz: Mapping[str, float]
    speeds_rpm: Mapping[str, float]
    units: Mapping[str, str]

    @classmethod
    def of(cls, values: Mapping[str, Value | float]) -> Self:
        """Read the fields among values; the others state nothing."""
        return cls(_stated(_rate_hz, values), _stated(_speed_rpm, values), _stated(_unit, values))


def nearest(name: str, stated: Mapping[str, T]) -> list[T]:
    """Return what the fields nearest to a variable state, each value once: those that share most of its path.

    Args:
        name: the variable's path.
        stated: values by the fields' paths.
    """
    shared = {field: _shared_parents(name, field) for field in stated}
    most = max(shared.values(), default=0)
    # Kept in order.
    return list(dict.fromkeys(value for field, value in stated.items() if shared[field] == most))


def _stated(read: Callable[[str, Value | float], T | None], values: Mapping[str, Value | float]) -> dict[str, T]:
    found = {name: read(_plain(name), value) for name, value in values.items()}
    return {name: one for name, one in found.items() if one is not None}


def _rate_hz(plain: str, value: Value | float) -> float | None:
    number = _number(value)
    if number is None:
        return None
    if SHAFT_HZ.fullmatch(plain) and number > FASTEST_SHAFT_HZ:
        # Some call the sample rate so.
        return number if plain == "rate" else None
    if RATE.fullmatch(plain):
        return number * (1e3 if plain.endswith("khz") else 1)
    is_period = PERIOD.fullmatch(plain) and 0 < number <= 1
    return 1 / (number * _PERIOD_FACTORS.get(plain[-2:], 1)) if is_period else None


def _speed_rpm(plain: str, value: Value | float) -> float | None:
    number = _number(value)
    if number is None or not 0 < number < math.inf:
        return None
    if SHAFT_RPM.fullmatch(plain):
        return number
    return 60 * number if SHAFT_HZ.fullmatch(plain) and number <= FASTEST_SHAFT_HZ else None


def _unit(plain: str, value: Value | float) -> str | None:
    text = value.strip()[:LONGEST_TEXT] if isinstance(value, str) else ""
    # That of a time beside the samples is none of theirs.
    return text if UNIT.fullmatch(plain) and text and squeezed(text) not in TIME_UNITS else None


def _shared_parents(one: str, other: str) -> int:
    pairs = zip(one.split(".")[:-1], other.split(".")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _plain(name: str) -> str:
    *_, parent, last = ("", *name.split("."))
    # Siemens' Testlab calls a unit so; a label alone may be anything.
    whole = f"{parent}{last}" if parent == "quantity" else last
    return re.sub(r"[^a-z0-9]", "", whole.lower())


def _number(value: Value | float) -> float | None:
    if isinstance(value, str):
        found = QUANTITY.fullmatch(value[:LONGEST_TEXT])
        return _spelled(found[1], found[2]) if found else None
    if isinstance(value, np.ndarray):
        return float(value.item()) if value.size == 1 and value.dtype.kind in "fiu" else None
    return float(value)


def _spelled(digits: str, prefix: str) -> float | None:
    # A single comma before other than three digits is a decimal one.
    decimal = re.sub(r",(?=\d{3}(\D|$))", "", digits).replace(",", ".")
    try:
        return float(decimal) * (1e3 if prefix else 1)
    except ValueError:
        return None
