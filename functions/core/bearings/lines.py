"""What evidence is made of: lines of a spectrum, their level above the floor, and what they speak for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# What a line can speak for. The faults are those of a bearing; `oil_whirl` is one of a journal bearing.
Fault = Literal["outer_race", "inner_race", "rolling_element", "cage", "oil_whirl"]

# The name of the lines of an outer race: where a bearing is looked for, it is always among them.
OUTER_RACE = "BPFO"


@dataclass(frozen=True)
class Harmonic:
    """A line at n times an order: its level above the floor around it, in dB of the envelope spectrum's magnitude."""

    n: int
    level_db: float


@dataclass(frozen=True)
class EvidenceLine:
    """The lines of one order.

    frequency_hz: of the first, where the lines were found; supports: what they speak for, None where none is visible.
    """

    name: str
    order: float
    frequency_hz: float
    harmonics: Sequence[Harmonic]
    supports: Fault | None


@dataclass(frozen=True)
class Evidence:
    """What the lines of a recording show, read at a speed that may be refined from the one that was stated."""

    shaft_speed_used_rpm: float
    lines: Sequence[EvidenceLine]

    @property
    def supported(self) -> list[Fault]:
        """What is supported, each once."""
        return list(dict.fromkeys(line.supports for line in self.lines if line.supports is not None))

    @property
    def note(self) -> str | None:
        """What must not be read out of it: that a bearing without a visible line is well; None where there is a line.

        The lines of a shaft alone are there without a fault, and say nothing of a bearing.
        """
        if self.supported or not any(line.name == OUTER_RACE for line in self.lines):
            return None
        return (
            "No line of this bearing is visible: it may be well, or have a fault that leaves none; a wrong speed, rate"
            " or bearing hides all lines as well."
        )
