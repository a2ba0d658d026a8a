"""Fault orders from geometry, compared with published figures."""

import math

import pytest

from functions.core.bearings.orders import FaultOrders, Geometry
from functions.core.errors import InvalidOptionError


def test_the_orders_of_a_published_bearing() -> None:
    orders = Geometry(9, 0.3126, 1.537).orders()
    # Source: Case Western Reserve University Bearing Data Center, "Bearing information", drive end.
    assert orders.bpfi == pytest.approx(5.4152, abs=1e-4)
    assert orders.bpfo == pytest.approx(3.5848, abs=1e-4)
    assert orders.ftf == pytest.approx(0.39828, abs=5e-5)
    assert 2 * orders.bsf == pytest.approx(4.7135, abs=1e-3)


def test_a_contact_angle_brings_the_races_together() -> None:
    orders = Geometry(16, 0.331, 2.815, 15.17).orders()
    # Source: H. Qiu et al., Journal of Sound and Vibration 289 (2006): 236.4 and 296.9 Hz at 2,000 rpm.
    assert orders.bpfo * 2000 / 60 == pytest.approx(236.4, abs=0.05)
    assert orders.bpfi * 2000 / 60 == pytest.approx(296.9, abs=0.05)


def test_the_races_share_the_elements() -> None:
    orders = Geometry(12, 7.12, 38.5, 9).orders()
    assert orders.bpfo + orders.bpfi == pytest.approx(12)
    assert orders.bpfo == pytest.approx(12 * orders.ftf)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rolling_elements", 0),
        ("rolling_elements", 17),
        ("rolling_elements", 1001),
        ("element_diameter", 0.0),
        ("element_diameter", 39.0),
        ("element_diameter", math.nan),
        ("pitch_diameter", 0.0),
        ("pitch_diameter", math.inf),
        ("contact_angle_deg", -1.0),
        ("contact_angle_deg", 90.0),
    ],
)
def test_what_no_bearing_is_names_its_field(field: str, value: float) -> None:
    given = {"rolling_elements": 9, "element_diameter": 7.94, "pitch_diameter": 39.0, field: value}
    with pytest.raises(InvalidOptionError) as raised:
        Geometry(**given)  # type: ignore[arg-type]
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ((1e-9, 1.0, 2.3, 0.4), "bpfo_order"),
        ((3.6, 1001.0, 2.3, 0.4), "bpfi_order"),
        ((3.6, 5.4, 0.0, 0.4), "bsf_order"),
        ((3.6, 5.4, 2.3, math.nan), "ftf_order"),
    ],
)
def test_orders_that_no_bearing_has_are_refused(stated: tuple[float, float, float, float], field: str) -> None:
    with pytest.raises(InvalidOptionError, match="times the speed of the shaft") as raised:
        FaultOrders(*stated)
    assert raised.value.field == field


def test_a_geometry_at_its_limit_is_refused_before_a_spectrum_is_read() -> None:
    with pytest.raises(InvalidOptionError):
        Geometry(9, 0.999999999, 1.0).orders()
