"""Histories of assets in one table of DynamoDB.

A diagnosis is an item of its asset, sorted by time. The summary of an asset (its condition, the newest diagnoses that
decide it) is one more item, in a partition of all assets. It is written in one transaction with the diagnoses that it
counts, on the condition that it is unchanged since it was read: nothing is counted twice, and no update is lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from functions.core.assets.condition import (
    AlertRule,
    Change,
    Reading,
    ZoneReading,
    advance,
    advance_zone,
    counts,
    stored_attributes,
    stored_condition,
)
from functions.core.assets.history import Alerts, Observation
from functions.core.aws.clients import dynamodb_client, reporting_unavailable
from functions.core.aws.dynamodb import (
    ConditionFailedError,
    Item,
    TableKeys,
    from_attributes,
    is_expired,
    read_item,
    timestamp,
    to_attributes,
    transact,
    update,
)
from functions.core.aws.retry import tries
from functions.core.errors import DependencyUnavailableError
from functions.core.settings import DAY_S, Settings

# No asset has this name: theirs begin with a letter or a digit.
ASSETS = "#assets"
WHAT = "The history of assets"
KEYS = TableKeys(("asset_id", "diagnosed_at"))
# DynamoDB takes no empty key.
_FIRST = " "
# Above every character of an id, so that a range ends behind the ids of its last moment.
_LAST = "~"
_MOST_TRIES = 10
_PAUSE_S = 0.01


@dataclass(frozen=True)
class Page:
    """A page of items in order, and the cursor of the next page, None after the last one."""

    items: list[Item]
    cursor: str | None


class HistoryTable:
    """The history of assets in one table of DynamoDB."""

    def __init__(
        self, table: str, rule: AlertRule, retention_s: float, alerts: Alerts | None, clock: Callable[[], float]
    ) -> None:
        self._table = table
        self._rule = rule
        self._retention_s = retention_s
        self._alerts = alerts
        self._clock = clock

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep observations of one asset, and raise the alerts that follow; raises DependencyUnavailableError."""
        entries = {one["diagnosed_at"]: one for one in map(self._entry, observations)}
        self._keep(observations[0].asset_id, list(entries.values()))

    def _keep(self, asset_id: str, entries: Sequence[Item]) -> None:
        for _ in tries(_MOST_TRIES, _PAUSE_S):
            summary = self.asset(asset_id) or {}
            if not entries:
                # All are kept already; only their alerts may still be due.
                return self._raise_alerts(summary)
            try:
                return self._write(entries, summary)
            except ConditionFailedError as error:
                new = [entry for index, entry in enumerate(entries) if not error.at(index)]
            if len(new) < len(entries):
                return self._keep(asset_id, new)
        raise DependencyUnavailableError(f"{WHAT} is written by too many at once.")

    def asset(self, asset_id: str) -> Item | None:
        """Return the summary of an asset as it is now, or None."""
        return read_item(WHAT, self._table, _key(ASSETS, asset_id), self._clock())

    def assets(self, limit: int, cursor: str | None) -> Page:
        """Return a page of the assets' summaries, by name, after a cursor."""
        return self._page(ASSETS, (_FIRST, _LAST), limit, cursor, forward=True)

    def series(self, asset_id: str, span: tuple[str, str], limit: int, cursor: str | None, *, forward: bool) -> Page:
        """Return the diagnoses of an asset within two times (texts of `timestamp`), newest first unless forward."""
        return self._page(asset_id, (span[0], span[1] + _LAST), limit, cursor, forward=forward)

    def _page(self, partition: str, span: tuple[str, str], limit: int, cursor: str | None, *, forward: bool) -> Page:
        start = {"ExclusiveStartKey": _key(partition, cursor)} if cursor else {}
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "asset_id = :asset AND diagnosed_at BETWEEN :first AND :last",
            "ExpressionAttributeValues": to_attributes({":asset": partition, ":first": span[0], ":last": span[1]}),
            "Limit": limit,
            "ScanIndexForward": forward,
            **start,
        }
        with reporting_unavailable(WHAT):
            answer = dynamodb_client().query(**request)
        now = self._clock()
        items = [from_attributes(item) for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        return Page([item for item in items if not is_expired(item, now)], last["diagnosed_at"]["S"] if last else None)

    def _entry(self, observation: Observation) -> Item:
        answer, recording = observation.answer, observation.answer.recording
        return {
            "asset_id": observation.asset_id,
            "diagnosed_at": f"{timestamp(observation.recorded_at_s)}#{observation.id}",
            "class_id": answer.class_id,
            "class_name": answer.class_name,
            "confidence": answer.confidence,
            "novelty": answer.novelty,
            "in_distribution": answer.in_distribution,
            "rms": recording.rms,
            "crest_factor": recording.crest_factor,
            "kurtosis": recording.kurtosis,
            "peak": recording.peak,
            "unit": recording.unit,
            "channel": recording.channel,
            "velocity_rms_mm_s": recording.velocity_rms_mm_s,
            "severity_zone": recording.severity_zone,
            "model": answer.model.name,
            "version": answer.model.version,
            "precision": answer.model.precision,
            "expires_at": self._expiry(),
        }

    def _write(self, entries: Sequence[Item], known: Item) -> None:
        summary = known
        for entry in entries:
            summary = self._advanced(entry, summary)
        kept = [{"Put": self._put(entry, "attribute_not_exists(asset_id)")} for entry in entries]
        unchanged = "attribute_not_exists(asset_id)" if not known else "revision = :revision"
        values = {} if not known else {"ExpressionAttributeValues": to_attributes({":revision": known["revision"]})}
        transact(WHAT, [*kept, {"Put": self._put(summary, unchanged) | values}])
        self._raise_alerts(summary)

    def _advanced(self, entry: Item, known: Item) -> Item:
        condition = stored_condition(known)
        pending = _pending_changes(known)
        if counts(str(entry["class_id"]), _number(entry["confidence"]), _truth(entry["in_distribution"]), self._rule):
            reading = Reading(str(entry["diagnosed_at"]), str(entry["class_id"]), _number(entry["rms"]))
            condition, change = advance(condition, reading, self._rule)
            pending += [change] if change else []
        if entry["severity_zone"] is not None:
            zone = msgspec.convert((entry["diagnosed_at"], entry["severity_zone"]), ZoneReading)
            condition, change = advance_zone(condition, zone, self._rule)
            pending += [change] if change else []
        newest = entry if str(entry["diagnosed_at"]) > str(known.get("newest", "")) else known
        return {
            "asset_id": ASSETS,
            "diagnosed_at": entry["asset_id"],
            "revision": int(_number(known.get("revision", 0))) + 1,
            "diagnoses": int(_number(known.get("diagnoses", 0))) + 1,
            "state": condition.state,
            "class_id": condition.class_id,
            "since": condition.since,
            "newest": entry["diagnosed_at"] if newest is entry else known["newest"],
            "newest_class_id": entry["class_id"] if newest is entry else known["newest_class_id"],
            "rms": newest["rms"],
            "severity_zone": newest.get("severity_zone"),
            "untold": msgspec.json.encode(pending).decode(),
            "expires_at": entry["expires_at"],
            **stored_attributes(condition),
        }

    def _raise_alerts(self, summary: Item) -> None:
        """Raise the alerts that a summary still has, then remove them from it: at least once, each with one id."""
        changes = _pending_changes(summary)
        if self._alerts is None or not changes:
            return
        asset_id = str(summary["diagnosed_at"])
        for change in changes:
            self._alerts.raise_alert(asset_id, change, f"{asset_id}/{change.turn}/{change.place}")
        try:
            update(
                WHAT,
                TableName=self._table,
                Key=_key(ASSETS, asset_id),
                UpdateExpression="SET untold = :none ADD revision :one",
                ConditionExpression="untold = :untold",
                ExpressionAttributeValues=to_attributes({":none": "[]", ":one": 1, ":untold": summary["untold"]}),
            )
        except ConditionFailedError:
            # Another writer added an alert; it raises all of them.
            return

    def _put(self, item: Item, condition: str) -> dict[str, Any]:
        return {"TableName": self._table, "Item": to_attributes(item), "ConditionExpression": condition}

    def _expiry(self) -> int:
        return int(self._clock() + self._retention_s)


def create_history_table(settings: Settings, clock: Callable[[], float]) -> HistoryTable:
    """Return the history in the table that the settings name, with alerts where they name an event bus."""
    # Late: without a bus there are no alerts.
    from functions.core.assets.alerts import EventBusAlerts

    rule = AlertRule(settings.alert_k, settings.alert_n, frozenset(settings.healthy_classes), settings.alert_zone)
    alerts = EventBusAlerts(settings.event_bus, settings.stage) if settings.event_bus else None
    return HistoryTable(str(settings.history_table), rule, settings.history_retention_days * DAY_S, alerts, clock)


def _key(partition: str, place: str) -> dict[str, Any]:
    return to_attributes({"asset_id": partition, "diagnosed_at": place})


def _pending_changes(summary: Item) -> list[Change]:
    return msgspec.json.decode(str(summary.get("untold", "[]")), type=list[Change])


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
