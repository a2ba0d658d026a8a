"""Fault orders of a rolling bearing: the rates at which its parts strike, as multiples of shaft speed."""

import math
from dataclasses import dataclass

from functions.core.errors import InvalidOptionError

# Of one row. Slewing rings of some hundred elements exist.
MOST_ELEMENTS = 1000
_LARGEST_ANGLE_DEG = 90.0
_LEAST_ORDER, _MOST_ORDER = 0.05, 1000.0
# By which both diameters together may be rounded.
_ROUNDED = 1.05


@dataclass(frozen=True)
class FaultOrders:
    """The repetition rate of each fault, in multiples of shaft speed, where the inner ring turns.

    bpfo: passes of elements over a place of the outer race; bpfi: over one of the inner race; bsf: turns of an
    element about itself, of which each strikes twice; ftf: turns of the cage.
    """

    bpfo: float
    bpfi: float
    bsf: float
    ftf: float

    def __post_init__(self) -> None:
        """Refuse orders that no bearing has: their lines would be too close for any spectrum, and too many.

        Raises:
            InvalidOptionError: `field` names the order.
        """
        for name in ("bpfo", "bpfi", "bsf", "ftf"):
            order = getattr(self, name)
            if not _LEAST_ORDER <= order <= _MOST_ORDER:
                raise InvalidOptionError(
                    f"{name.upper()} is {order:.3g} times the speed of the shaft; a bearing has {_LEAST_ORDER:g}"
                    f" to {_MOST_ORDER:g}: check what is stated of the bearing.",
                    field=f"{name}_order",
                )


@dataclass(frozen=True)
class Geometry:
    """The geometry of one row of a bearing; both diameters are in one unit, whichever it is."""

    rolling_elements: int
    element_diameter: float
    pitch_diameter: float
    contact_angle_deg: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a geometry that no bearing has.

        Raises:
            InvalidOptionError: `field` names the part that is at fault.
        """
        if not 1 <= self.rolling_elements <= MOST_ELEMENTS:
            raise _impossible("rolling_elements", self.rolling_elements, f"from 1 to {MOST_ELEMENTS}")
        if not 0 < self.pitch_diameter < math.inf:
            raise _impossible("pitch_diameter", self.pitch_diameter, "above 0")
        if not 0 < self.element_diameter < self.pitch_diameter:
            raise _impossible(
                "element_diameter", self.element_diameter, f"between 0 and {self.pitch_diameter:g}, the pitch diameter"
            )
        if not 0 <= self.contact_angle_deg < _LARGEST_ANGLE_DEG:
            raise _impossible("contact_angle_deg", self.contact_angle_deg, f"from 0 to below {_LARGEST_ANGLE_DEG:g}")
        fitting = most_side_by_side(self.element_diameter / self.pitch_diameter)
        if self.rolling_elements > fitting:
            raise _impossible("rolling_elements", self.rolling_elements, f"at most {fitting}, which fit side by side")

    def orders(self) -> FaultOrders:
        """Return the fault orders, without slip.

        Source: R. B. Randall and J. Antoni, "Rolling element bearing diagnostics: a tutorial", Mechanical Systems and
        Signal Processing 25 (2011), equations 1 to 4; T. A. Harris, Rolling Bearing Analysis, chapter "Internal
        speeds".
        """
        ratio = self.element_diameter / self.pitch_diameter * math.cos(math.radians(self.contact_angle_deg))
        return FaultOrders(
            bpfo=self.rolling_elements / 2 * (1 - ratio),
            bpfi=self.rolling_elements / 2 * (1 + ratio),
            bsf=self.pitch_diameter / (2 * self.element_diameter) * (1 - ratio**2),
            ftf=(1 - ratio) / 2,
        )


def most_side_by_side(ratio: float) -> int:
    """Return how many elements fit side by side on their pitch circle.

    Args:
        ratio: of an element's diameter to that of the circle, above 0 and below 1.
    """
    return int(_ROUNDED * math.pi / math.asin(ratio))


def _impossible(field: str, value: float, range_: str) -> InvalidOptionError:
    return InvalidOptionError(f"{field} is {value:g}; it must be {range_}.", field=field)
