"""Assets over HTTP: what /predict and jobs record is what is read."""

from collections.abc import AsyncIterator

import httpx
import pytest
from msgspec.structs import replace

from functions.core.aws.clients import dynamodb_client
from functions.core.settings import Settings
from functions.inference.app import create_app as create_inference
from tests.conftest import ReadLog
from tests.support.apps import assert_error, client_of, predict_tone
from tests.support.aws import HISTORY
from tests.support.faults import meeting
from tests.support.jobs import Jobs, signal
from tests.support.metrics import ListSink

TIMES = [f"2026-01-0{day}T00:00:00Z" for day in range(1, 6)]


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


@pytest.fixture
async def inference(job_settings: Settings, sink: ListSink) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_inference(job_settings, sinks=[sink])) as client:
        yield client


async def test_a_prediction_of_an_asset_is_in_its_history(jobs: Jobs, inference: httpx.AsyncClient) -> None:
    answer = await predict_tone(inference, asset_id="press-4", recorded_at="2026-01-31T13:00:00+01:00")
    assert answer.status_code == 200
    found = await jobs.get("/assets/press-4/history")
    (entry,) = found["history"]
    assert entry["time"] == "2026-01-31T12:00:00Z"
    assert (entry["class_id"], entry["model"], entry["version"]) == ("high", "tiny", "10")
    assert entry["confidence"] == pytest.approx(answer.json()["confidence"], abs=1e-6)
    assert entry["novelty"] == pytest.approx(answer.json()["novelty"], abs=1e-4)
    assert entry["rms"] == pytest.approx(0.1 / 2**0.5, rel=1e-4)
    assert (entry["peak"], entry["unit"]) == (pytest.approx(0.1, rel=1e-4), None)
    assert (entry["velocity_rms_mm_s"], entry["severity_zone"]) == (None, None)
    assert entry["crest_factor"] == pytest.approx(2**0.5, rel=1e-3)
    assert entry["kurtosis"] == pytest.approx(1.5, rel=1e-3)
    assert found["asset"]["asset_id"] == "press-4"
    assert (found["asset"]["state"], found["asset"]["diagnoses"]) == ("unknown", 1)


async def test_without_an_asset_nothing_is_kept(jobs: Jobs, inference: httpx.AsyncClient) -> None:
    await predict_tone(inference)
    assert (await jobs.get("/assets"))["assets"] == []


async def test_a_batch_keeps_its_order(jobs: Jobs, inference: httpx.AsyncClient) -> None:
    signals = [signal(name) for name in ("high", "centred", "low")]
    await inference.post("/predict/batch", json={"signals": signals, "asset_id": "press-4"})
    found = await jobs.get("/assets/press-4/history", order="oldest")
    assert [entry["class_id"] for entry in found["history"]] == ["high", "centred", "low"]


async def test_a_job_records_its_assets(jobs: Jobs) -> None:
    own = [{"asset_id": "press-4", "recorded_at": time} for time in reversed(TIMES)]
    await jobs.submit(["low", "high", "high", "high", "centred"], recordings=own)
    jobs.work()
    found = await jobs.get("/assets/press-4/history", order="oldest")
    assert [entry["time"] for entry in found["history"]] == TIMES
    assert [entry["class_id"] for entry in found["history"]] == ["centred", "high", "high", "high", "low"]
    assert (found["asset"]["state"], found["asset"]["newest_at"]) == ("fault", TIMES[-1])


async def test_a_history_is_read_by_span_and_page(jobs: Jobs) -> None:
    own = [{"asset_id": "press-4", "recorded_at": time} for time in TIMES]
    await jobs.submit(["high"] * 5, recordings=own)
    jobs.work()
    path = "/assets/press-4/history"
    first = await jobs.get(path, **{"from": TIMES[1], "to": TIMES[3], "limit": 2})
    rest = await jobs.get(path, **{"from": TIMES[1], "to": TIMES[3], "cursor": first["next_cursor"]})
    assert [entry["time"] for entry in first["history"] + rest["history"]] == [TIMES[3], TIMES[2], TIMES[1]]
    assert rest["next_cursor"] is None


async def test_assets_are_paged(jobs: Jobs) -> None:
    await jobs.submit(["high"] * 3, recordings=[{"asset_id": name} for name in ("c", "a", "b")])
    jobs.work()
    first = await jobs.get("/assets", limit=2)
    rest = await jobs.get("/assets", cursor=first["next_cursor"])
    assert [one["asset_id"] for one in first["assets"] + rest["assets"]] == ["a", "b", "c"]
    assert first["assets"][0]["newest_class_id"] == "high"


@pytest.mark.parametrize("asset_id", ["absent", "%23assets", "a%20b"])
async def test_an_asset_that_is_not_there(jobs: Jobs, asset_id: str) -> None:
    assert_error(await jobs.client.get(f"/assets/{asset_id}/history"), 404, "asset_not_found", None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("from", "yesterday"),
        ("to", "2026-01-01"),
        ("to", "2026-01-01T00:00:00"),
        ("order", "best"),
        ("cursor", "x"),
        ("limit", "-1"),
    ],
)
async def test_a_span_that_cannot_be(jobs: Jobs, name: str, text: str) -> None:
    response = await jobs.client.get("/assets/press-4/history", params={name: text})
    assert_error(response, 422, "invalid_option", name)


@pytest.mark.parametrize("time", ["2999-01-01T00:00:00Z", "1969-12-31T00:00:00Z", "2026-01-01T00:00:00", "now"])
async def test_a_recording_is_of_the_past(inference: httpx.AsyncClient, time: str) -> None:
    answer = await predict_tone(inference, asset_id="press-4", recorded_at=time)
    assert_error(answer, 422, "invalid_option", "recorded_at")


async def test_a_write_that_is_lost_is_counted_and_logged_and_the_answer_is_given(
    inference: httpx.AsyncClient, sink: ListSink, read_log: ReadLog
) -> None:
    dynamodb_client().delete_table(TableName=HISTORY)
    answer = await predict_tone(inference, asset_id="press-4")
    assert (answer.status_code, answer.json()["class_id"]) == (200, "high")
    assert sink.requests[-1].tally.history_lost == 1
    (line,) = [line for line in read_log() if line["level"] == "ERROR"]
    assert (line["asset"], line["reason"]) == ("press-4", "The history of assets is not available.")


async def test_an_answer_that_is_kept_needs_two_calls(inference: httpx.AsyncClient) -> None:
    with meeting(None) as calls:
        await predict_tone(inference, asset_id="press-4")
    assert calls.names == ["GetItem", "TransactWriteItems"]


async def test_without_a_table_nothing_of_aws_is_touched(job_settings: Settings) -> None:
    async with client_of(create_inference(replace(job_settings, history_table=None))) as client:
        with meeting(None) as calls:
            await predict_tone(client, asset_id="press-4")
    assert calls.names == []
