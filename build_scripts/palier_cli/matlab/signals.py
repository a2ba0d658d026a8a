"""Which variables of a MATLAB file are signals: chosen by what they claim, before any is read."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.core.errors import MalformedBodyError, RecordingTooLargeError, SampleRateError, SignalShapeError
from functions.core.preprocessing.arrays import as_float32
from functions.core.preprocessing.signal import MOST_CHANNELS, Recording

# In samples.
_LONG = 256
MOST_ROWS = 64
LARGEST_BYTES = 1 << 30
# Deflate packs at most 1,032 bytes into one, and version 5 stores eight bytes of a small whole number as one.
_LARGEST_RATIO = 1032 * 8
_RATE_NAMES = ("fs", "sr", "sample_rate", "samplerate", "sampling_rate", "sample_rate_hz", "fs_hz")
_NAMES_SHOWN, _NAME_SHOWN = 8, 63


@dataclass(frozen=True)
class Variable:
    """A numeric variable as the file claims it: its shape and the bytes that its numbers take in memory."""

    name: str
    shape: tuple[int, ...]
    size_bytes: int

    @property
    def is_signal(self) -> bool:
        """Whether it can be a vector, or a matrix of channels."""
        return len(self.shape) == 2 and max(self.shape) >= _LONG and 1 <= min(self.shape) <= MOST_ROWS

    @property
    def is_rate(self) -> bool:
        """Whether it is a scalar with the name of a sample rate."""
        return self.name.lower() in _RATE_NAMES and math.prod(self.shape) == 1


Load = Callable[[Sequence[Variable]], Mapping[str, NDArray[Any]]]


def choose(variables: Sequence[Variable], wanted: str | None, file_bytes: int) -> list[Variable]:
    """Return the variables to read: the signals that may be meant, and the sample rate.

    Args:
        variables: the numeric variables of the file.
        wanted: name of the signal; None: all of them.
        file_bytes: size of the file.

    Raises:
        MalformedBodyError: they claim more than such a file can hold.
        RecordingTooLargeError: they are larger than is read.
    """
    chosen = [one for one in variables if one.is_rate or (one.is_signal and wanted in (None, one.name))]
    claimed = sum(one.size_bytes for one in chosen)
    if claimed > file_bytes * _LARGEST_RATIO:
        raise MalformedBodyError(
            f"The file claims {claimed} bytes of samples, more than its {file_bytes} bytes can hold: it is damaged."
        )
    if claimed > LARGEST_BYTES:
        raise RecordingTooLargeError(
            f"The signals have {claimed} bytes, and at most {LARGEST_BYTES} are read: name one with --variable, "
            "or cut the recording into parts."
        )
    return chosen


def join(arrays: Mapping[str, NDArray[Any]], wanted: str | None, listed: Sequence[Variable]) -> Recording:
    """Return the signals among arrays as one recording, float32 [C, N].

    Args:
        arrays: what was read of the variables that were chosen.
        wanted: name of the signal; None: all, which must be equally long.
        listed: all variables, for the sentence of a name that is none.

    Raises:
        SampleRateError: the rate is no finite number.
        SignalShapeError: no signal of this name, or none, too many, or several that could be meant.
    """
    rate_hz = _rate_hz(arrays)
    signals = {name: array for name, array in arrays.items() if array.size > 1}
    if wanted is not None:
        if wanted not in signals:
            others = [one for one in listed if one.is_signal and one.name != wanted]
            raise SignalShapeError(f"There is no signal {wanted[:_NAME_SHOWN]!r}; {_listing(others)}", field="variable")
        return Recording(_rows(signals[wanted]), rate_hz)
    if not signals:
        raise SignalShapeError(f"The file has no vector of {_LONG} samples or more.", field="variable")
    _check_equal(signals, listed)
    names = () if len(signals) == 1 else tuple(name for name, array in signals.items() for _ in range(min(array.shape)))
    return Recording(np.concatenate([_rows(array) for array in signals.values()]), rate_hz, names)


def _rate_hz(arrays: Mapping[str, NDArray[Any]]) -> float | None:
    rate_hz = next((float(array.item()) for array in arrays.values() if array.size == 1), None)
    if rate_hz is not None and not math.isfinite(rate_hz):
        raise SampleRateError(f"The file's sample rate is {rate_hz:g} Hz: correct it, or remove it from the file.")
    return rate_hz


def _check_equal(signals: Mapping[str, NDArray[Any]], listed: Sequence[Variable]) -> None:
    found = [one for one in listed if one.name in signals]
    if len({max(array.shape) for array in signals.values()}) > 1:
        raise SignalShapeError(f"Choose one of several signals by its name: {_listing(found)}", field="variable")
    channels = sum(min(array.shape) for array in signals.values())
    if channels > MOST_CHANNELS:
        raise SignalShapeError(
            f"The file has {channels} channels, and at most {MOST_CHANNELS} are read: choose a signal by its name: "
            f"{_listing(found)}",
            field="variable",
        )


def _rows(array: NDArray[Any]) -> NDArray[np.float32]:
    return as_float32(array if array.shape[0] <= array.shape[1] else array.T)


def _listing(signals: Sequence[Variable]) -> str:
    if not signals:
        return "there is none."
    shown = [f"{one.name[:_NAME_SHOWN]} ({max(one.shape)} samples)" for one in signals[:_NAMES_SHOWN]]
    more = f" and {len(signals) - _NAMES_SHOWN} more" if len(signals) > _NAMES_SHOWN else ""
    return f"there are {', '.join(shown)}{more}."
