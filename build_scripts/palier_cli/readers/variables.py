"""The variables of a file as it claims them, before any is read."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from functions.core.errors import MalformedBodyError
from functions.core.preprocessing.signal import MOST_CHANNELS

# In samples.
LONG = 256
# A matrix of more rows is an image or a table, unless it is asked for by its name.
MOST_ROWS = 64
LARGEST_BYTES = 1 << 30
MOST_VARIABLES = 10_000
DEEPEST = 32

Value = NDArray[Any] | str


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of a file.

    Attributes:
        name: its path in the file: names joined by dots, `bearing.gs`.
        shape: of its values; empty for a single value.
        size_bytes: what its values take in memory.
        value: a number or text that was read with the headers.
        is_text: whether its values are characters.
        is_time: whether the format itself calls it the time of the others, in seconds.
        rate_hz: sample rate that the format states for this variable.
        unit: that the format states for it, as it stands there.
    """

    name: str
    shape: tuple[int, ...] = ()
    size_bytes: int = 0
    value: float | str | None = None
    is_text: bool = False
    is_time: bool = False
    rate_hz: float | None = None
    unit: str | None = None

    @property
    def channels(self) -> int:
        """Number of its rows or columns, whichever are fewer."""
        lengths = self._lengths()
        return min(lengths) if len(lengths) > 1 else 1

    @property
    def samples(self) -> int:
        """Number of its rows or columns, whichever are more."""
        return max(self._lengths(), default=1)

    @property
    def is_signal(self) -> bool:
        """Whether it can be a vector, or a matrix of channels."""
        return self.may_be_signal and self.channels <= MOST_ROWS

    @property
    def may_be_signal(self) -> bool:
        """Whether it can be one that is asked for by its name."""
        lengths = self._lengths()
        fits = 1 <= len(lengths) <= 2 and min(lengths) > 0 and self.samples >= LONG
        return fits and self.channels <= MOST_CHANNELS and not self.is_text and self.value is None

    @property
    def is_single(self) -> bool:
        """Whether it is one number."""
        return math.prod(self.shape) == 1 and not self.is_text

    def _lengths(self) -> list[int]:
        return [length for length in self.shape if length != 1]


class VariableFile(Protocol):
    """An open file of variables."""

    @property
    def variables(self) -> Sequence[Variable]:
        """The variables that it claims to hold."""

    def read(self, chosen: Sequence[Variable]) -> Mapping[str, Value]:
        """Return the values of variables by their names."""


def check_walk(count: int, depth: int) -> None:
    """Check how far a file's tree has been walked.

    Raises:
        MalformedBodyError: it has more variables, or nests them deeper, than is read.
    """
    if count > MOST_VARIABLES or depth > DEEPEST:
        raise MalformedBodyError(
            f"The file has more than {MOST_VARIABLES} variables, or nests them more than {DEEPEST} deep: "
            "save the signal alone."
        )
