"""Histories: diagnoses are kept once, in order, and cause alerts."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from random import Random

import msgspec
import pytest
from msgspec import structs

from functions.core.assets.condition import AlertRule, Change, stored_condition
from functions.core.assets.history import Observation, by_asset
from functions.core.assets.history_table import HistoryTable
from functions.core.aws.clients import dynamodb_client
from functions.core.aws.dynamodb import Item, timestamp, to_attributes
from functions.core.errors import DependencyUnavailableError
from functions.core.http.diagnosis_answer import DiagnosisAnswer, ModelReference, RecordingAnswer
from tests.support.aws import HISTORY, WorkerEndedError, in_memory_aws, make_resources
from tests.support.faults import FAULTS, Fault, meeting

START_S = 1_780_000_000.0
ALL = (timestamp(0), timestamp(4e9))


class RecordedAlerts:
    """Alerts as they were raised; a bus that may be down."""

    def __init__(self) -> None:
        self.alerts: list[tuple[str, str, str]] = []
        self.down = False

    def raise_alert(self, asset_id: str, change: Change, alert_id: str) -> None:
        if self.down:
            raise DependencyUnavailableError("The event bus is not available.")
        self.alerts.append((asset_id, change.turn, alert_id))


@pytest.fixture
def recorded() -> RecordedAlerts:
    return RecordedAlerts()


@pytest.fixture
def table(recorded: RecordedAlerts) -> Iterator[HistoryTable]:
    with in_memory_aws():
        make_resources()
        yield HistoryTable(HISTORY, AlertRule(2, 3), 86_400.0, recorded, lambda: START_S)


def measured(rms: float) -> RecordingAnswer:
    return RecordingAnswer(
        sample_rate_hz=2048,
        sample_rate_source="file",
        channel="acc",
        duration_s=1,
        unit="g",
        rms=rms,
        peak=1.5 * rms,
        crest_factor=1.5,
        kurtosis=3,
        velocity_rms_mm_s=2.25,
        severity_zone="B",
    )


def observation(index: int, class_id: str = "wear", asset_id: str = "press-4", rms: float = 1.0) -> Observation:
    answer = DiagnosisAnswer(
        predicted_class=0,
        class_id=class_id,
        class_name=class_id.title(),
        confidence=0.9,
        probabilities=None,
        windows=1,
        in_distribution=True,
        clipped=False,
        novelty=0.1,
        inference_time_ms=1.0,
        timestamp=datetime.fromtimestamp(START_S, UTC),
        recording=measured(rms),
        model=ModelReference(name="tiny", version="10", precision="fp32"),
        asset_id=asset_id,
        request_id=f"r{index}",
    )
    return Observation(f"r{index}", asset_id, START_S + index, answer)


def test_what_is_kept_of_a_diagnosis(table: HistoryTable) -> None:
    table.record([observation(0)])
    (item,) = table.series("press-4", ALL, 10, None, forward=True).items
    assert item == {
        "asset_id": "press-4",
        "diagnosed_at": "2026-05-28T20:26:40.000000Z#r0",
        "class_id": "wear",
        "class_name": "Wear",
        "confidence": 0.9,
        "novelty": 0.1,
        "in_distribution": True,
        "rms": 1.0,
        "crest_factor": 1.5,
        "kurtosis": 3.0,
        "peak": 1.5,
        "unit": "g",
        "channel": "acc",
        "velocity_rms_mm_s": 2.25,
        "severity_zone": "B",
        "model": "tiny",
        "version": "10",
        "precision": "fp32",
        "expires_at": START_S + 86_400,
    }


def test_the_same_observation_twice_is_kept_and_counted_once(table: HistoryTable) -> None:
    for _ in range(3):
        table.record([observation(0)])
    assert len(table.series("press-4", ALL, 10, None, forward=True).items) == 1
    asset = table.asset("press-4")
    assert asset is not None
    assert asset["diagnoses"] == 1


@pytest.mark.parametrize("size", [1, 3])
def test_many_at_once_lose_nothing(table: HistoryTable, size: int) -> None:
    groups = [[observation(index) for index in range(start, start + size)] for start in range(0, 30, size)]
    with meeting(None), ThreadPoolExecutor(10) as pool:
        list(pool.map(table.record, groups))
    asset = table.asset("press-4")
    assert asset is not None
    assert asset["diagnoses"] == 30
    assert asset["newest"] == f"{timestamp(START_S + 29)}#r29"


def test_what_others_write_all_the_time_is_said(table: HistoryTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.core.assets.history_table._PAUSE_S", 0)
    others = iter(range(100, 200))

    def read(asset_id: str, original: Callable[[str], Item | None] = table.asset) -> Item | None:
        found = original(asset_id)
        HistoryTable(HISTORY, AlertRule(), 86_400.0, None, lambda: START_S).record([observation(next(others))])
        return found

    monkeypatch.setattr(table, "asset", read)
    with pytest.raises(DependencyUnavailableError, match=r"^The history of assets is written by too many at once\.$"):
        table.record([observation(0)])


@pytest.mark.parametrize("seed", range(4))
def test_together_they_bring_what_they_bring_one_by_one(
    table: HistoryTable, recorded: RecordedAlerts, seed: int
) -> None:
    random = Random(seed)
    classes = [random.choice(["wear", "healthy"]) for _ in range(4) for _ in [0] * random.randint(1, 9)]
    series = [observation(index, class_id, rms=random.uniform(1, 5)) for index, class_id in enumerate(classes)]
    for one in series:
        table.record([one])
    alone = table.asset("press-4")
    other = [structs.replace(one, asset_id="press-5") for one in series]
    for together in by_asset(other):
        table.record(together)
    at_once = table.asset("press-5")
    assert alone is not None
    assert at_once is not None
    assert at_once == alone | {"diagnosed_at": "press-5"}
    turns = {
        asset_id: [turn for name, turn, _ in recorded.alerts if name == asset_id] for asset_id in ("press-4", "press-5")
    }
    assert turns["press-5"] == turns["press-4"]
    kept = table.series("press-5", ALL, 100, None, forward=True).items
    assert [item["diagnosed_at"] for item in kept] == [f"{timestamp(START_S + i)}#r{i}" for i in range(len(series))]


def test_of_several_only_those_that_are_new_are_counted(table: HistoryTable) -> None:
    table.record([observation(index) for index in (1, 3)])
    table.record([observation(index) for index in (0, 1, 2, 2, 3)])
    asset = table.asset("press-4")
    assert asset is not None
    assert asset["diagnoses"] == 4
    kept = table.series("press-4", ALL, 10, None, forward=True).items
    assert [str(item["diagnosed_at"])[-1] for item in kept] == list("0123")


def test_what_is_kept_together_is_of_one_asset_and_bounded() -> None:
    pumps, presses = ([observation(index, asset_id=name) for index in range(60)] for name in ("pump-1", "press-4"))
    found = list(by_asset(one for both in zip(pumps, presses, strict=True) for one in both))
    assert [(group[0].asset_id, len(group)) for group in found] == [
        ("pump-1", 25),
        ("press-4", 25),
        ("pump-1", 25),
        ("press-4", 25),
        ("pump-1", 10),
        ("press-4", 10),
    ]
    for name, series in (("pump-1", pumps), ("press-4", presses)):
        assert [one for group in found for one in group if one.asset_id == name] == series
    assert list(by_asset([])) == []


def test_pages_are_in_order_either_way(table: HistoryTable) -> None:
    for index in (3, 0, 4, 1, 2):
        table.record([observation(index)])
    oldest = table.series("press-4", ALL, 3, None, forward=True)
    rest = table.series("press-4", ALL, 3, oldest.cursor, forward=True)
    assert [str(item["diagnosed_at"])[-1] for item in oldest.items + rest.items] == list("01234")
    assert rest.cursor is None
    newest = table.series("press-4", ALL, 2, None, forward=False)
    assert [str(item["diagnosed_at"])[-1] for item in newest.items] == list("43")


def test_a_span_includes_both_its_ends(table: HistoryTable) -> None:
    for index in range(5):
        table.record([observation(index)])
    found = table.series("press-4", (timestamp(START_S + 1), timestamp(START_S + 3)), 10, None, forward=True)
    assert [str(item["diagnosed_at"])[-1] for item in found.items] == list("123")


def test_assets_are_listed_by_name(table: HistoryTable) -> None:
    for asset_id in ("pump-2", "press-4", "Zeta", "pump-1"):
        table.record([observation(0, asset_id=asset_id)])
    first = table.assets(3, None)
    rest = table.assets(3, first.cursor)
    assert [item["diagnosed_at"] for item in first.items + rest.items] == ["Zeta", "press-4", "pump-1", "pump-2"]


def test_a_change_is_alerted_once(table: HistoryTable, recorded: RecordedAlerts) -> None:
    for index in range(8):
        table.record([observation(index)])
        table.record([observation(index)])
    assert recorded.alerts == [("press-4", "fault", f"press-4/fault/{timestamp(START_S + 1)}#r1")]


def test_an_alert_that_failed_is_sent_later(table: HistoryTable, recorded: RecordedAlerts) -> None:
    table.record([observation(0)])
    recorded.down = True
    with pytest.raises(DependencyUnavailableError):
        table.record([observation(1)])
    recorded.down = False
    table.record([observation(2)])
    assert [turn for _, turn, _ in recorded.alerts] == ["fault"]
    table.record([observation(3)])
    assert len(recorded.alerts) == 1


def test_two_alerts_that_failed_are_both_sent(table: HistoryTable, recorded: RecordedAlerts) -> None:
    recorded.down = True
    for index, class_id in enumerate(["wear"] * 2 + ["healthy"] * 6):
        try:
            table.record([observation(index, class_id)])
        except DependencyUnavailableError:
            continue
    recorded.down = False
    table.record([observation(9, "healthy")])
    assert [turn for _, turn, _ in recorded.alerts] == ["fault", "recovered"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("at", range(8))
def test_a_fault_at_any_call_loses_nothing_and_counts_nothing_twice(
    table: HistoryTable, recorded: RecordedAlerts, fault: Fault, at: int, size: int
) -> None:
    table.record([observation(0)])
    with meeting(fault, at):
        for start in range(1, 4, size):
            for _ in range(2):
                try:
                    table.record([observation(index) for index in range(start, start + size)])
                except (DependencyUnavailableError, WorkerEndedError):
                    continue
    asset = table.asset("press-4")
    assert asset is not None
    assert (asset["diagnoses"], asset["state"], asset["class_id"]) == (4, "fault", "wear")
    assert {alert for _, _, alert in recorded.alerts} == {f"press-4/fault/{timestamp(START_S + 1)}#r1"}
    assert len(recorded.alerts) <= 2


def test_a_diagnosis_that_is_doubtful_is_kept_and_decides_nothing(
    table: HistoryTable, recorded: RecordedAlerts
) -> None:
    for index in range(4):
        doubtful = observation(index)
        unsure = structs.replace(doubtful.answer, confidence=0.4)
        table.record([Observation(doubtful.id, "press-4", START_S + index, unsure)])
    asset = table.asset("press-4")
    assert asset is not None
    assert (asset["diagnoses"], asset["state"]) == (4, "unknown")
    assert recorded.alerts == []


def test_a_severity_counts_whatever_the_confidence_of_the_model(recorded: RecordedAlerts) -> None:
    with in_memory_aws():
        make_resources()
        table = HistoryTable(HISTORY, AlertRule(2, 3, zone="B"), 86_400.0, recorded, lambda: START_S)
        for index in range(3):
            doubtful = observation(index)
            unsure = structs.replace(doubtful.answer, confidence=0.4)
            table.record([Observation(doubtful.id, "press-4", START_S + index, unsure)])
        asset = table.asset("press-4")
    assert asset is not None
    assert (asset["state"], asset["severity_zone"]) == ("unknown", "B")
    assert {alert for _, _, alert in recorded.alerts} == {f"press-4/severe/{timestamp(START_S + 1)}#r1"}


def test_a_summary_of_the_version_before_goes_on(table: HistoryTable, recorded: RecordedAlerts) -> None:
    """Its condition has its readings and zones itself, and no `rows` stand beside it."""
    table.record([observation(0)])
    summary = table.asset("press-4")
    assert summary is not None
    before = msgspec.json.encode(stored_condition(summary)).decode()
    assert before.startswith('{"readings":[["2026-05-28T20:26:40.000000Z#r0","wear",1.0]]')
    kept = {name: value for name, value in summary.items() if name != "rows"} | {"condition": before}
    dynamodb_client().put_item(TableName=HISTORY, Item=to_attributes(kept))
    table.record([observation(1)])
    assert recorded.alerts == [("press-4", "fault", f"press-4/fault/{timestamp(START_S + 1)}#r1")]


def test_an_expired_asset_is_gone(table: HistoryTable) -> None:
    table.record([observation(0)])
    later = HistoryTable(HISTORY, AlertRule(), 86_400.0, None, lambda: START_S + 86_401)
    assert later.asset("press-4") is None
    assert later.series("press-4", ALL, 10, None, forward=True).items == []
    assert later.assets(10, None).items == []
