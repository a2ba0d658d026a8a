"""The operation of a machine as a caller states it (shaft speed, bearing): evidence by it, conditions for a model."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.core.bearings.evidence import bearing_evidence
from functions.core.bearings.lines import Evidence
from functions.core.bearings.orders import FaultOrders
from functions.core.bearings.shaft_lines import shaft_evidence
from functions.core.bearings.stated import StatedBearing
from functions.core.errors import ConditionMissingError, InvalidOptionError
from functions.core.models.manifest import CONDITIONS, InputSpec
from functions.core.models.options import GEOMETRY, ORDERS, SHAFT_SPEED, DiagnosisOptions
from functions.core.preprocessing.arrays import Float32Array, WholeSpectrum


@dataclass(frozen=True)
class Operation:
    """The speed of the shaft, in revolutions a minute, and the fault orders of its bearing where it is known."""

    shaft_speed_rpm: float
    orders: FaultOrders | None

    def evidence(self, samples: Float32Array, sample_rate_hz: float, whole: WholeSpectrum | None = None) -> Evidence:
        """Return the evidence of samples float32 [C, N] at their own rate: of the bearing's faults, else of the shaft.

        Raises:
            FaultFrequencyError, TooFewTurnsError, ShaftSpeedContradictsError: as `bearing_evidence`.
        """
        if self.orders is None:
            return shaft_evidence(samples, sample_rate_hz, self.shaft_speed_rpm)
        return bearing_evidence(samples, sample_rate_hz, self.shaft_speed_rpm, self.orders, whole)

    def conditions(self, spec: InputSpec, shaft_speed_rpm: float) -> dict[str, float]:
        """Return shaft speed and orders by name, as far as a model takes them as conditions.

        Args:
            spec: of the model's input.
            shaft_speed_rpm: as refined from a recording, or as stated.
        """
        known = {SHAFT_SPEED: shaft_speed_rpm}
        if self.orders is not None:
            orders = (self.orders.bpfo, self.orders.bpfi, self.orders.bsf, self.orders.ftf)
            known |= dict(zip(ORDERS, orders, strict=True))
        return {one.name: known[one.name] for one in spec.conditions_taken if one.name in known}


def stated_operation(options: DiagnosisOptions, conditions: Mapping[str, float]) -> Operation | None:
    """Return the stated operation of a machine; None where it does not determine where lines are.

    Args:
        options: of the request.
        conditions: of one recording by name; those of shaft speed and fault orders mean the same as the options.

    Raises:
        InvalidOptionError: an option and a condition of one name differ.
        ConditionMissingError: a bearing without the speed of its shaft.
        PalierError: as `StatedBearing.fault_orders`.
    """
    for name in (SHAFT_SPEED, *ORDERS):
        option, condition = getattr(options, name), conditions.get(name)
        if option is not None and condition is not None and option != condition:
            raise InvalidOptionError(
                f"{name} is given as {option:g} and, among the conditions, as {condition:g}; give it once.",
                field=f"{CONDITIONS}.{name}",
            )
    orders = _stated_bearing(options, conditions).fault_orders()
    speed = options.shaft_speed_rpm if options.shaft_speed_rpm is not None else conditions.get(SHAFT_SPEED)
    if speed is None and options.names_bearing:
        raise ConditionMissingError(
            f"A bearing is named without the speed of its shaft: send {SHAFT_SPEED}, revolutions a minute.",
            field=SHAFT_SPEED,
        )
    if speed is None or speed <= 0 or (orders is None and options.shaft_speed_rpm is None):
        return None
    return Operation(speed, orders)


def _stated_bearing(options: DiagnosisOptions, conditions: Mapping[str, float]) -> StatedBearing:
    """Return the stated bearing; fault orders among the conditions count only with those of both races."""
    orders = {name: conditions[name] for name in ORDERS if conditions.get(name, 0) > 0}
    listed = orders if {"bpfo_order", "bpfi_order"} <= orders.keys() else {}
    return StatedBearing(options.bearing, listed | options.given(ORDERS), options.given(GEOMETRY))
