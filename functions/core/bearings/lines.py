"""Data of evidence: lines of a spectrum, their level above the floor, and the fault that they support."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# The faults that lines can support: four of a rolling bearing, and `oil_whirl` of a journal bearing.
Fault = Literal["outer_race", "inner_race", "rolling_element", "cage", "oil_whirl"]

# The name of the lines of an outer race: evidence of a rolling bearing always has them.
OUTER_RACE = "BPFO"


@dataclass(frozen=True)
class Harmonic:
    """A line at n times an order: its level above the floor around it, in dB of the envelope spectrum's magnitude."""

    n: int
    level_db: float


@dataclass(frozen=True)
class EvidenceLine:
    """The lines of one order.

    frequency_hz: of the first, where the lines were found; supports: the fault, None where no line is visible.
    """

    name: str
    order: float
    frequency_hz: float
    harmonics: Sequence[Harmonic]
    supports: Fault | None


@dataclass(frozen=True)
class Evidence:
    """The lines of a recording, at the stated shaft speed or at that speed refined by the lines of the shaft.

    slower_order: of a part that is slower than the shaft and strikes, where lines are its own that would be a fault's.
    """

    shaft_speed_used_rpm: float
    lines: Sequence[EvidenceLine]
    slower_order: float | None = None

    @property
    def supported(self) -> list[Fault]:
        """The faults that lines support, each once."""
        return list(dict.fromkeys(line.supports for line in self.lines if line.supports is not None))

    @property
    def shows_no_line(self) -> bool:
        """Whether the lines of a bearing were looked for, and none is visible.

        The lines of a shaft are there without a fault, and are no evidence of a bearing.
        """
        return not self.supported and any(line.name == OUTER_RACE for line in self.lines)

    @property
    def note(self) -> str | None:
        """A warning that a bearing without a visible line is not proven healthy; None where a fault is supported."""
        if not self.shows_no_line:
            return None
        return (
            f"No line of this bearing is visible{self._beside}: it may be well, or have a fault that leaves none; a"
            " wrong speed, rate or bearing hides all lines as well."
        )

    @property
    def _beside(self) -> str:
        if self.slower_order is None:
            return ""
        often_hz = self.slower_order * self.shaft_speed_used_rpm / 60
        return (
            f" beside those of a part, such as a belt, that strikes {self.slower_order:.3g} times a turn of the shaft"
            f" ({often_hz:.3g} Hz)"
        )
