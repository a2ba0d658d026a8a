"""A small fleet through the history's own code, and what is refused of a history in the end."""

import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from build_scripts.benchmarks.fleet import benchmark
from build_scripts.benchmarks.fleet.benchmark import Effort, benchmark_fleet, check, partitions, per_diagnosis
from build_scripts.benchmarks.fleet.contents import Contents, contents_of
from build_scripts.benchmarks.fleet.meter import Usage, metering
from build_scripts.benchmarks.fleet.page import render_fleet
from build_scripts.errors import BuildError
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import this_host
from functions.core.assets.history_table import ASSETS, KEYS
from functions.core.aws.clients import dynamodb_client
from functions.core.settings import DAY_S
from tests.support.aws import HISTORY, in_memory_aws, make_resources


@pytest.fixture(scope="module")
def report(shipped_models: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(benchmark, "QUICK", {"moto": Effort(8, 25, 12)})
        return benchmark_fleet(shipped_models, "journal-bearing", quick=True)


def test_every_diagnosis_is_kept_once_by_asset(report: dict[str, Any]) -> None:
    found = report["services"]["moto"]
    assert (found["assets"], found["diagnoses"]) == (8, 8 * 37)
    assert found["partitions"] == {
        "keys": 9,
        "items_least": 37,
        "items_most": 37,
        "busiest_asset_share": 1 / 8,
        "assets_share": pytest.approx(found["partitions"]["assets_share"]),
    }
    assert found["pages"]["history"]["items"] == 37
    assert found["pages"]["assets"]["items"] == 8


def test_a_diagnosis_alone_takes_its_item_and_the_summary_of_its_asset(report: dict[str, Any]) -> None:
    found = report["services"]["moto"]
    assert 250 < found["diagnosis_bytes"] < 1024
    assert 1024 < found["asset_bytes"] < 2048
    # Twice, as in every transaction: a kilobyte of the diagnosis, two of the summary; more where an alert waits in it.
    assert found["alone"] == {"write_units": pytest.approx(6, abs=0.2), "assets_write_units": pytest.approx(4, abs=0.2),
                              "read_units": 1}  # fmt: skip
    assert found["together"]["write_units"] - found["together"]["assets_write_units"] == pytest.approx(2)
    assert found["together"]["assets_write_units"] == pytest.approx(4 / 25, abs=0.05)
    assert found["together"]["read_units"] == 1 / 25


def test_diagnoses_are_kept_as_long_as_they_should(report: dict[str, Any]) -> None:
    assert report["retention_days"] == 365
    least, most = report["services"]["moto"]["kept_days"]
    # A batch is kept when the last of its recordings, ten minutes apart, was made.
    assert (least, most) == (pytest.approx(365, abs=1 / DAY_S), pytest.approx(365 + 24 * 600 / DAY_S, abs=1 / DAY_S))


def test_every_figure_stands_on_the_page(report: dict[str, Any]) -> None:
    text = render_fleet({**report, "services": {"moto": report["services"]["moto"]}})
    assert "\n| what | moto, in this process |\n| --- | --- |\n| assets, diagnoses | 8, 296 |\n" in text
    assert "| share of the busiest asset of all that is written to partitions of assets | 12.50% |\n" in text
    assert "| days from a recording to the expiry of its diagnosis, least and most | 365.00, 365.17 |\n" in text


def test_the_embedded_services_count_the_same(shipped_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        this_host()
    except EmbeddedServicesError as reason:
        pytest.skip(reason.message)
    effort = Effort(2, 30, 3)
    monkeypatch.setattr(benchmark, "QUICK", {"moto": effort, "embedded": effort})
    report: dict[str, Any] = benchmark_fleet(shipped_models, "journal-bearing", quick=True)
    assert report["services"]["embedded"] == report["services"]["moto"]


def kept() -> Contents:
    items = {ASSETS: 2, "a": 26, "b": 26}
    return Contents(Counter(items), [2000, 2100], [300], (365.0 * DAY_S, 365.1 * DAY_S), 52)


def test_a_history_that_holds_all_is_right() -> None:
    check(kept(), Effort(2, 25, 1))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"items": Counter({ASSETS: 2, "a": 26, "b": 25})}, "holds 51 diagnoses of 2 assets, whose summaries count 52"),
        ({"items": Counter({ASSETS: 1, "a": 26, "b": 26})}, "holds 52 diagnoses of 1 assets"),
        ({"counted": 51}, "whose summaries count 51; 52 of 2 were kept in it"),
        ({"kept_s": (364.0 * DAY_S, 365.0 * DAY_S)}, "31536000 were asked"),
        ({"kept_s": (365.0 * DAY_S, 366.0 * DAY_S)}, "31536000 were asked"),
    ],
)
def test_a_history_that_lacks_one_or_keeps_it_too_long_is_an_error(change: dict[str, Any], sentence: str) -> None:
    contents = copy.deepcopy(kept())
    for name, value in change.items():
        setattr(contents, name, value)
    with pytest.raises(BuildError, match=sentence):
        check(contents, Effort(2, 25, 1))


def test_shares_and_means_are_of_all_that_was_written() -> None:
    together, alone = Usage(Counter({ASSETS: 6, "a": 50}), 1.0), Usage(Counter({ASSETS: 12, "a": 2, "b": 6}), 2.0)
    assert per_diagnosis(together, 25) == {"write_units": 56 / 25, "assets_write_units": 6 / 25, "read_units": 1 / 25}
    found = partitions(kept(), together, alone)
    assert (found["busiest_asset_share"], found["assets_share"]) == (52 / 58, 18 / 76)


@pytest.fixture
def _tables() -> Iterator[None]:
    with in_memory_aws():
        make_resources()
        yield


@pytest.mark.usefixtures("_tables")
def test_an_item_without_a_time_to_expire_is_an_error() -> None:
    client = dynamodb_client()
    client.put_item(TableName=HISTORY, Item={"asset_id": {"S": "a"}, "diagnosed_at": {"S": "2026-05-28T20:26:40Z#r"}})
    with pytest.raises(BuildError, match=r"^The item 2026-05-28T20:26:40Z#r of a has no time to expire"):
        contents_of(client, HISTORY, ["a"])
    client.update_time_to_live(
        TableName=HISTORY, TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires_at"}
    )
    with pytest.raises(BuildError, match=r"^The table palier-history does not let items expire by expires_at"):
        contents_of(client, HISTORY, ["a"])


@pytest.mark.usefixtures("_tables")
def test_a_meter_counts_while_it_is_held() -> None:
    client = dynamodb_client()
    item = {"asset_id": {"S": "a"}, "diagnosed_at": {"S": "t"}, "more": {"S": "x" * 1100}}
    key = {"asset_id": {"S": "a"}, "diagnosed_at": {"S": "t"}}
    with metering(client, KEYS.keys[0]) as meter:
        client.transact_write_items(TransactItems=[{"Put": {"TableName": HISTORY, "Item": item}}])
        assert meter.take() == Usage(Counter({"a": 4}))
        client.update_item(TableName=HISTORY, Key=key, UpdateExpression="SET more = :m", ReturnValues="ALL_NEW",
                           ExpressionAttributeValues={":m": {"S": "y"}})  # fmt: skip
        assert meter.take() == Usage(Counter({"a": 1}))
        client.get_item(TableName=HISTORY, Key=key, ConsistentRead=True)
        client.query(TableName=HISTORY, KeyConditionExpression="asset_id = :a",
                     ExpressionAttributeValues={":a": {"S": "b"}})  # fmt: skip
        assert meter.take() == Usage(read=1.5)
    client.get_item(TableName=HISTORY, Key=key, ConsistentRead=True)
    assert meter.take() == Usage()
