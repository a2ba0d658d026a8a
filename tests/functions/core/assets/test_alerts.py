"""Alerts on a real event bus, and their documented schema."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from functions.core.assets.alerts import EventBusAlerts, alert_detail
from functions.core.assets.condition import AlertRule, Change, Condition, Reading, ZoneReading, advance, advance_zone
from functions.core.aws.clients import events_client, sqs_client
from functions.core.errors import DependencyUnavailableError
from tests.support.aws import BUS, in_memory_aws, make_resources

SCHEMA = json.loads(
    re.findall(
        r"```json\n(\{\n  \"\$schema\".*?)\n```",
        (Path(__file__).resolve().parents[4] / "docs" / "jobs.md").read_text(),
        re.DOTALL,
    )[0]
)


@pytest.fixture
def queue() -> Iterator[str]:
    """A queue that gets every alert, as a subscriber's would."""
    with in_memory_aws():
        make_resources()
        url = sqs_client().create_queue(QueueName="alerts")["QueueUrl"]
        arn = sqs_client().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events_client().put_rule(Name="all", EventBusName=BUS, EventPattern='{"source": ["palier"]}')
        events_client().put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
        yield url


def changes() -> list[Change]:
    classes = ["healthy"] * 5 + ["wear"] * 8 + ["healthy"] * 10
    condition, found = Condition(), []
    for index, class_id in enumerate(classes):
        reading = Reading(f"2026-01-01T00:00:{index:02}.000000Z#r{index}", class_id, 1.0 if index < 9 else 2.5)
        condition, change = advance(condition, reading, AlertRule())
        found += [change] if change else []
    return found


def received(url: str) -> list[dict[str, Any]]:
    messages = sqs_client().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def test_an_alert_is_an_event_as_documented(queue: str) -> None:
    for index, change in enumerate(changes()):
        EventBusAlerts(BUS, "dev").raise_alert("press-4", change, f"alert-{index}")
    events = received(queue)
    assert [event["detail"]["turn"] for event in events] == ["fault", "worsened", "recovered"]
    for event in events:
        assert (event["source"], event["detail-type"]) == ("palier", "Asset condition changed")
        jsonschema.Draft202012Validator(SCHEMA).validate(event["detail"])
    assert events[0]["detail"] == {
        "schema_version": 1,
        "alert_id": "alert-0",
        "stage": "dev",
        "asset_id": "press-4",
        "turn": "fault",
        "recorded_at": "2026-01-01T00:00:08.000000Z",
        "before": {"state": "healthy", "class_id": "healthy", "rms": 1.0, "severity_zone": None},
        "after": {"state": "fault", "class_id": "wear", "rms": 1.0, "severity_zone": None},
    }


def test_an_alert_of_a_severity_names_zone_and_time() -> None:
    condition, change = Condition(), None
    for index, zone in enumerate("BCCDC"):
        reading = msgspec.convert((f"2026-01-01T00:00:{index:02}.000000Z#r{index}", zone), ZoneReading)
        condition, found = advance_zone(condition, reading, AlertRule(zone="C"))
        change = found or change
    assert change is not None
    detail = alert_detail("dev", "press-4", change, "alert-0")
    jsonschema.Draft202012Validator(SCHEMA).validate(detail)
    assert (detail["turn"], detail["recorded_at"]) == ("severe", "2026-01-01T00:00:04.000000Z")
    assert detail["before"] == {"state": "unknown", "class_id": None, "rms": None, "severity_zone": "D"}
    assert detail["after"]["severity_zone"] == "C"


def test_the_schema_can_fail() -> None:
    detail = alert_detail("dev", "press-4", changes()[0], "alert-0")
    for wrong in ({"turn": "exploded"}, {"schema_version": 2}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SCHEMA).validate(detail | wrong)


def test_a_bus_that_refuses_is_not_available(queue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_client(), "put_events", lambda **_: {"FailedEntryCount": 1, "Entries": []})
    with pytest.raises(DependencyUnavailableError, match="refused"):
        EventBusAlerts(BUS, "dev").raise_alert("press-4", changes()[0], "alert-0")
    assert received(queue) == []
