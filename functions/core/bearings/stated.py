"""Fault orders of a bearing that a caller states by designation, orders or geometry; all that is stated must agree."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass

from functions.core.bearings.catalogue import find_bearing
from functions.core.bearings.orders import MOST_ELEMENTS, FaultOrders, Geometry, most_side_by_side
from functions.core.errors import BearingContradictsError, ConditionMissingError, InvalidOptionError

ORDER_NAMES = ("bpfo_order", "bpfi_order", "bsf_order", "ftf_order")
GEOMETRY_NAMES = ("rolling_elements", "element_diameter", "pitch_diameter")
# Relative difference up to which two sources agree: they round, and makers differ a little; a wrong bearing is farther.
_AGREES = 0.02
# Of BPFO + BPFI from a whole number, where both are rounded.
_WHOLE = 0.1
# Of a stated BSF above that of the races, which rounded orders give too low; twice it is another quantity.
_MOST_SPIN = 1.3


@dataclass(frozen=True)
class StatedBearing:
    """A bearing as it is stated: by designation, fault orders or geometry, any of them, or none."""

    designation: str | None = None
    orders: Mapping[str, float] | None = None
    geometry: Mapping[str, float] | None = None

    def fault_orders(self) -> FaultOrders | None:
        """Return the fault orders, from orders before geometry before the catalogue; None where nothing is stated.

        Raises:
            UnknownBearingError: the catalogue has no such designation.
            InvalidOptionError, ConditionMissingError: a part is missing or out of its range.
            BearingContradictsError: two of them are not the same bearing.
        """
        stated = {
            "orders": orders_by_hand(self.orders) if self.orders else None,
            "geometry": _geometry(self.geometry).orders() if self.geometry else None,
            "bearing": find_bearing(self.designation).orders() if self.designation is not None else None,
        }
        known = {name: orders for name, orders in stated.items() if orders is not None}
        for name, orders in list(known.items())[1:]:
            _check_agree(next(iter(known.items())), (name, orders))
        return next(iter(known.values()), None)


def orders_by_hand(given: Mapping[str, float]) -> FaultOrders:
    """Return the fault orders that are given by name; BSF and FTF follow from the others where they are missing.

    Raises:
        ConditionMissingError: BPFO or BPFI is not given.
        BearingContradictsError: no bearing has these.
    """
    for name in ORDER_NAMES[:2]:
        if name not in given:
            raise ConditionMissingError(f"{name} is missing: the lines of both races are needed.", field=name)
    bpfo, bpfi = given["bpfo_order"], given["bpfi_order"]
    elements = round(bpfo + bpfi)
    if not bpfo < bpfi or abs(bpfo + bpfi - elements) > _WHOLE or elements > MOST_ELEMENTS:
        raise BearingContradictsError(
            f"bpfo_order {bpfo:g} and bpfi_order {bpfi:g} are of no bearing: both are multiples of shaft speed, the"
            f" first smaller, and together the number of rolling elements, a whole number up to {MOST_ELEMENTS}.",
            field="bpfo_order",
        )
    # (1 + r) / (1 - r) = BPFI / BPFO, r the ratio of the diameters; without a contact angle.
    ratio = (bpfi - bpfo) / (bpfi + bpfo)
    if elements > most_side_by_side(ratio):
        raise BearingContradictsError(
            f"bpfo_order {bpfo:g} and bpfi_order {bpfi:g} would be of {elements} elements, of which at most"
            f" {most_side_by_side(ratio)} fit side by side: state multiples of shaft speed, no frequencies in Hz.",
            field="bpfo_order",
        )
    orders = FaultOrders(bpfo, bpfi, _spin(given.get("bsf_order"), (1 - ratio**2) / (2 * ratio)), bpfo / elements)
    ftf = given.get("ftf_order", orders.ftf)
    if abs(ftf - orders.ftf) > _AGREES * orders.ftf:
        raise BearingContradictsError(
            f"ftf_order is {ftf:g}, but bpfo_order {bpfo:g} of {elements} elements makes it {orders.ftf:.4f}.",
            field="ftf_order",
        )
    return orders


def _spin(stated: float | None, of_races: float) -> float:
    """Return the stated BSF, which a contact angle only lowers, or that of the races where none is stated."""
    if stated is not None and stated > _MOST_SPIN * of_races:
        raise BearingContradictsError(
            f"bsf_order is {stated:g}, but the orders of the races make it at most {of_races:.4g}: state the turns of"
            " an element about itself, where some tables list its strikes, twice as many.",
            field="bsf_order",
        )
    return of_races if stated is None else stated


def _geometry(given: Mapping[str, float]) -> Geometry:
    for name in GEOMETRY_NAMES:
        if name not in given:
            raise ConditionMissingError(
                f"{name} is missing: a geometry is {', '.join(GEOMETRY_NAMES)} and, if not 0, contact_angle_deg.",
                field=name,
            )
    elements = given["rolling_elements"]
    if elements != int(elements):
        raise InvalidOptionError(
            f"rolling_elements is {elements:g}; it must be a whole number.", field="rolling_elements"
        )
    return Geometry(
        int(elements), given["element_diameter"], given["pitch_diameter"], given.get("contact_angle_deg", 0.0)
    )


def _check_agree(first: tuple[str, FaultOrders], second: tuple[str, FaultOrders]) -> None:
    for name, one, other in zip(ORDER_NAMES, astuple(first[1]), astuple(second[1]), strict=True):
        if abs(one - other) > _AGREES * other:
            raise BearingContradictsError(
                f"{name} is {one:.4g} by the stated {first[0]} and {other:.4g} by the stated {second[0]}: state one"
                " bearing only.",
                field=name if first[0] == "orders" else second[0] if second[0] == "bearing" else "rolling_elements",
            )
