"""Alerts as events on an EventBridge bus; docs/jobs.md has their schema."""

from typing import Any

import msgspec

from functions.core.assets.condition import Change, Condition
from functions.core.aws.clients import events_client, reporting_unavailable
from functions.core.errors import DependencyUnavailableError

SOURCE = "palier"
DETAIL_TYPE = "Asset condition changed"
SCHEMA_VERSION = 1


class EventBusAlerts:
    """Alerts that are put on an EventBridge bus."""

    def __init__(self, bus: str, stage: str) -> None:
        self._bus = bus
        self._stage = stage

    def raise_alert(self, asset_id: str, change: Change, alert_id: str) -> None:
        """Put one event on the bus; raises DependencyUnavailableError where the bus does not accept it."""
        event = {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "EventBusName": self._bus,
            "Detail": msgspec.json.encode(alert_detail(self._stage, asset_id, change, alert_id)).decode(),
        }
        with reporting_unavailable("The event bus"):
            answer = events_client().put_events(Entries=[event])  # type: ignore[list-item]
        if answer["FailedEntryCount"]:
            raise DependencyUnavailableError("The event bus refused an alert.")


def alert_detail(stage: str, asset_id: str, change: Change, alert_id: str) -> dict[str, Any]:
    """Return the detail of the event of an alert."""
    return {
        "schema_version": SCHEMA_VERSION,
        "alert_id": alert_id,
        "stage": stage,
        "asset_id": asset_id,
        "turn": change.turn,
        "recorded_at": change.place.partition("#")[0],
        "before": _side(change.before),
        "after": _side(change.after),
    }


def _side(condition: Condition) -> dict[str, Any]:
    return {
        "state": condition.state,
        "class_id": condition.class_id,
        "rms": condition.readings[-1].rms if condition.readings else None,
        "severity_zone": condition.zones[-1].zone if condition.zones else None,
    }
