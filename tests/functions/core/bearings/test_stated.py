"""Statements of a bearing, by orders, geometry or designation; missing, impossible and contradicting ones."""

import pytest

from functions.core.bearings.orders import FaultOrders
from functions.core.bearings.stated import StatedBearing
from functions.core.errors import PalierError

HAND = {"bpfo_order": 3.5848, "bpfi_order": 5.4152}
GEOMETRY = {"rolling_elements": 9, "element_diameter": 7.94, "pitch_diameter": 39.04}


def test_nothing_stated_is_no_bearing() -> None:
    assert StatedBearing().fault_orders() is None


def test_a_designation_is_looked_up() -> None:
    assert StatedBearing("6205").fault_orders() == FaultOrders(3.5848, 5.4152, 2.35675, 0.39828)


def test_spin_and_cage_follow_from_the_races() -> None:
    orders = StatedBearing(orders=HAND).fault_orders()
    assert orders is not None
    assert orders.bsf == pytest.approx(2.3567, abs=1e-3)
    assert orders.ftf == pytest.approx(0.39831, abs=1e-4)


def test_orders_stand_before_geometry_and_geometry_before_the_catalogue() -> None:
    orders = StatedBearing("6205", HAND | {"bsf_order": 2.36}, GEOMETRY).fault_orders()
    assert orders is not None
    assert (orders.bpfo, orders.bsf) == (3.5848, 2.36)
    geometry = StatedBearing("6205", None, GEOMETRY).fault_orders()
    assert geometry is not None
    assert geometry.bpfo == pytest.approx(4.5 * (1 - 7.94 / 39.04))


@pytest.mark.parametrize(
    ("stated", "code", "field"),
    [
        (StatedBearing(orders={"bpfo_order": 3.58}), "condition_missing", "bpfi_order"),
        (StatedBearing(orders={"bsf_order": 2.3}), "condition_missing", "bpfo_order"),
        (StatedBearing(geometry={"rolling_elements": 9}), "condition_missing", "element_diameter"),
        (StatedBearing(geometry={"contact_angle_deg": 15.0}), "condition_missing", "rolling_elements"),
        (StatedBearing(orders={"bpfo_order": 5.4, "bpfi_order": 3.6}), "bearing_contradicts", "bpfo_order"),
        (StatedBearing(orders={"bpfo_order": 3.4, "bpfi_order": 5.2}), "bearing_contradicts", "bpfo_order"),
        (StatedBearing(orders=HAND | {"ftf_order": 0.5}), "bearing_contradicts", "ftf_order"),
        # Frequencies in Hz, and the strikes of an element instead of its turns.
        (StatedBearing(orders={"bpfo_order": 107, "bpfi_order": 162}), "bearing_contradicts", "bpfo_order"),
        (StatedBearing(orders=HAND | {"bsf_order": 4.7135}), "bearing_contradicts", "bsf_order"),
        (StatedBearing("6203", HAND), "bearing_contradicts", "bpfo_order"),
        (StatedBearing("6203", None, GEOMETRY), "bearing_contradicts", "bearing"),
        (StatedBearing(None, {"bpfo_order": 3.05, "bpfi_order": 4.95}, GEOMETRY), "bearing_contradicts", "bpfo_order"),
        (StatedBearing(geometry=GEOMETRY | {"element_diameter": 40.0}), "invalid_option", "element_diameter"),
        (StatedBearing("62O5"), "unknown_bearing", "bearing"),
    ],
)
def test_what_is_no_bearing_is_refused_with_its_field(stated: StatedBearing, code: str, field: str) -> None:
    with pytest.raises(PalierError) as raised:
        stated.fault_orders()
    assert (raised.value.code, raised.value.field, raised.value.status) == (code, field, 422)
