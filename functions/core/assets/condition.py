"""The condition of an asset and its changes: a state machine over the newest diagnoses, by a rule of k of n.

One diagnosis proves little. An asset has a fault when k of its newest n diagnoses find one, and is healthy again when
none of its newest 2n does. Between the two nothing changes, so a series that wavers changes the state only once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from functions.core.preprocessing.indicators import Zone

State = Literal["unknown", "healthy", "fault"]
Turn = Literal["fault", "worsened", "recovered", "severe", "eased"]

# A doubling of the RMS since the last alert, 6 dB, in k of n readings, is a worsening.
WORSENING_FACTOR = 2.0
# A diagnosis of less confidence is no evidence of a fault or of health.
LEAST_CONFIDENCE = 0.5


@dataclass(frozen=True)
class AlertRule:
    """The rule of an alert: k faults among the newest n diagnoses.

    healthy: class ids that mean no fault; zone: of ISO 20816-3 from which on a vibration is too severe; None: zones
    raise no alert.
    """

    k: int = 4
    n: int = 5
    healthy: frozenset[str] = frozenset({"healthy", "normal"})
    zone: Zone | None = None

    @property
    def kept(self) -> int:
        """How many readings are kept: a recovery takes twice as many as a fault."""
        return 2 * self.n


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """One diagnosis as the state machine reads it; `place` identifies the diagnosis, and sorts by time."""

    place: str
    class_id: str
    rms: float


class ZoneReading(msgspec.Struct, frozen=True, array_like=True):
    """The severity zone of one recording; `place` as of a reading."""

    place: str
    zone: Zone


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """The condition of an asset.

    class_id: the fault that was found, or the healthy class; since: place of the reading that decided the state;
    reference_rms: of the last alert; readings: the newest 2n that count, oldest first; zones: of the newest 2n
    recordings that have one; is_severe: the rule's zone or a worse one was reached.
    """

    state: State = "unknown"
    class_id: str | None = None
    since: str | None = None
    reference_rms: float = 0.0
    readings: tuple[Reading, ...] = ()
    zones: tuple[ZoneReading, ...] = ()
    is_severe: bool = False


class _StoredRow(msgspec.Struct, frozen=True, array_like=True):
    """What one recording is to a condition: a reading, a severity zone, or both; they share their place."""

    place: str
    class_id: str | None
    rms: float | None
    zone: Zone | None


class _PackedCondition(msgspec.Struct, frozen=True, array_like=True):
    """A condition and its rows as one text, as some summaries have it: read, and no longer written."""

    state: State
    class_id: str | None
    since: str | None
    reference_rms: float
    is_severe: bool
    rows: tuple[_StoredRow, ...]


def stored_attributes(condition: Condition) -> dict[str, str]:
    """Return a condition as attributes of its asset's summary: `condition`, and its readings and zones as `rows`.

    The place of a recording takes most of the bytes, so it stands once for a reading and a zone. A version that does
    not read `rows`, before this one or after a rollback, reads the same state from `condition`, and collects readings
    and zones anew.
    """
    readings = {one.place: one for one in condition.readings}
    zones = {one.place: one.zone for one in condition.zones}
    rows = [_row(place, readings.get(place), zones.get(place)) for place in sorted(readings.keys() | zones.keys())]
    state = msgspec.structs.replace(condition, readings=(), zones=())
    return {"condition": msgspec.json.encode(state).decode(), "rows": msgspec.json.encode(rows).decode()}


def stored_condition(summary: Mapping[str, object]) -> Condition:
    """Return the condition that a summary has in `condition` and `rows`, or in `condition` alone; a new one of none."""
    text, rows = summary.get("condition"), summary.get("rows")
    if not isinstance(text, str):
        return Condition()
    if text.startswith("["):
        packed = msgspec.json.decode(text, type=_PackedCondition)
        state = Condition(packed.state, packed.class_id, packed.since, packed.reference_rms, (), (), packed.is_severe)
        return _with_rows(state, packed.rows)
    state = msgspec.json.decode(text, type=Condition)
    return _with_rows(state, msgspec.json.decode(rows, type=tuple[_StoredRow, ...])) if isinstance(rows, str) else state


def _with_rows(state: Condition, rows: tuple[_StoredRow, ...]) -> Condition:
    readings = tuple(
        Reading(one.place, one.class_id, one.rms) for one in rows if one.class_id is not None and one.rms is not None
    )
    zones = tuple(ZoneReading(one.place, one.zone) for one in rows if one.zone is not None)
    return msgspec.structs.replace(state, readings=readings, zones=zones)


def _row(place: str, reading: Reading | None, zone: Zone | None) -> _StoredRow:
    return _StoredRow(place, reading.class_id, reading.rms, zone) if reading else _StoredRow(place, None, None, zone)


class Change(msgspec.Struct, frozen=True):
    """A change of an asset's condition: its kind, and the conditions before and after it."""

    turn: Turn
    before: Condition
    after: Condition

    @property
    def place(self) -> str:
        """Place of the reading that decided the change."""
        settled = self.after.zones if self.turn in {"severe", "eased"} else self.after.readings
        return settled[-1].place


def counts(class_id: str, confidence: float, in_distribution: bool | None, rule: AlertRule) -> bool:
    """Whether a diagnosis counts: it is confident, and if it is healthy, its recording is like the training data.

    A fault counts also where its recording is unlike the training data, as those of a failing machine become.
    """
    trusted = in_distribution is not False or class_id not in rule.healthy
    return trusted and confidence >= LEAST_CONFIDENCE


def advance(condition: Condition, reading: Reading, rule: AlertRule) -> tuple[Condition, Change | None]:
    """Return the condition after one more reading, and the change that it caused, if any.

    Readings may come late and twice: they are kept by their place, and one older than the newest 2n changes nothing.
    """
    if reading.place in {known.place for known in condition.readings}:
        return condition, None
    readings = tuple(sorted((*condition.readings, reading), key=lambda one: one.place)[-rule.kept :])
    if reading not in readings:
        return condition, None
    before = condition
    seen = msgspec.structs.replace(condition, readings=readings)
    faults = [one for one in readings[-rule.n :] if one.class_id not in rule.healthy]
    if len(faults) >= rule.k:
        return _faulty(before, seen, faults, rule)
    if _is_well(seen, rule):
        return _healthy(before, seen)
    return seen, None


def advance_zone(condition: Condition, reading: ZoneReading, rule: AlertRule) -> tuple[Condition, Change | None]:
    """Return the condition after one more severity zone, and the change that it caused, if any.

    A severity is measured, so it counts whatever the model's confidence. As with faults, k of the newest n in the
    rule's zone or a worse one make it severe, and 2n in a row below that zone end it.
    """
    if reading.place in {known.place for known in condition.zones}:
        return condition, None
    zones = tuple(sorted((*condition.zones, reading), key=lambda one: one.place)[-rule.kept :])
    if reading not in zones:
        return condition, None
    seen = msgspec.structs.replace(condition, zones=zones)
    if rule.zone is None:
        return seen, None
    # Letters sort as severity does.
    severe = [one.zone >= rule.zone for one in zones]
    if not seen.is_severe and sum(severe[-rule.n :]) >= rule.k:
        turned = msgspec.structs.replace(seen, is_severe=True)
        return turned, Change("severe", condition, turned)
    if seen.is_severe and len(severe) == rule.kept and not any(severe):
        turned = msgspec.structs.replace(seen, is_severe=False)
        return turned, Change("eased", condition, turned)
    return seen, None


def _is_well(seen: Condition, rule: AlertRule) -> bool:
    """Whether an asset is healthy by its newest readings, twice as many of them after a fault."""
    needed = rule.kept if seen.state == "fault" else rule.n
    newest = seen.readings[-needed:]
    return len(newest) == needed and all(one.class_id in rule.healthy for one in newest)


def _faulty(
    before: Condition, seen: Condition, faults: list[Reading], rule: AlertRule
) -> tuple[Condition, Change | None]:
    class_id = _commonest(faults)
    # The k-th highest level: as many readings are at least as high.
    level = sorted((one.rms for one in faults), reverse=True)[rule.k - 1]
    if seen.state != "fault":
        turned = msgspec.structs.replace(
            seen, state="fault", class_id=class_id, since=faults[-1].place, reference_rms=level
        )
        return turned, Change("fault", before, turned)
    current = msgspec.structs.replace(seen, class_id=class_id)
    if level < WORSENING_FACTOR * seen.reference_rms:
        return current, None
    worse = msgspec.structs.replace(current, reference_rms=level)
    return worse, Change("worsened", before, worse)


def _healthy(before: Condition, seen: Condition) -> tuple[Condition, Change | None]:
    newest = seen.readings[-1]
    if seen.state == "healthy":
        return seen, None
    turned = msgspec.structs.replace(
        seen, state="healthy", class_id=newest.class_id, since=newest.place, reference_rms=0.0
    )
    # An asset without a fault before has not recovered.
    return turned, Change("recovered", before, turned) if before.state == "fault" else None


def _commonest(faults: list[Reading]) -> str:
    names = [one.class_id for one in faults]
    # Of equally common ones the newest.
    return max(reversed(names), key=names.count)
