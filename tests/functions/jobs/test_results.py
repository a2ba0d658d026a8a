"""Results of a job: every channel of a recording, and pages that an answer can hold."""

import csv
import io

import pytest

from functions.core.aws.clients import s3_client
from functions.core.jobs import results
from tests.support.apps import assert_error
from tests.support.aws import BUCKET
from tests.support.bearings import RATE_HZ, impacts, noise
from tests.support.jobs import Jobs
from tests.support.recordings import csv_text, tone


async def test_every_channel_of_a_file_is_diagnosed_and_the_worst_stands_for_it(jobs: Jobs) -> None:
    body = {"uploads": [{"name": "a.csv", "content_type": "text/csv"}], "channel": "all", "asset_id": "press-4"}
    taken = (await jobs.post(body)).json()
    content = ("x,y\n" + csv_text([tone(0.0), tone(0.5)])).encode()
    s3_client().put_object(Bucket=BUCKET, Key=taken["uploads"][0]["fields"]["key"], Body=content)
    await jobs.client.post(f"/jobs/{taken['job_id']}/start")
    jobs.work()
    (result,) = (await jobs.get(f"/jobs/{taken['job_id']}/results"))["results"]
    assert [one["class_id"] for one in result["channels"]["predictions"]] == ["centred", "high"]
    assert (result["channels"]["channels"], result["channels"]["worst"]) == (["x", "y"], {"index": 1, "channel": "y"})
    assert result["diagnosis"] == result["channels"]["predictions"][1]
    table = s3_client().get_object(Bucket=BUCKET, Key=f"jobs/{taken['job_id']}/results.csv")["Body"].read()
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    assert [(row["index"], row["channel"], row["class_id"], row["is_worst"]) for row in rows] == [
        ("0", "x", "centred", "False"),
        ("0", "y", "high", "True"),
    ]
    (entry,) = (await jobs.get("/assets/press-4/history"))["history"]
    assert (entry["class_id"], entry["channel"]) == ("high", "y")


async def test_a_table_of_results_has_what_lines_speak_for(jobs: Jobs) -> None:
    signals = [(impacts(1, 3.5848 * 30) + 0.7 * noise(1)).tolist(), noise(1).tolist()]
    stated = {"sample_rate_hz": RATE_HZ, "shaft_speed_rpm": 1800, "bearing": "6205"}
    taken = (await jobs.post({"signals": signals, **stated})).json()
    jobs.work()
    table = s3_client().get_object(Bucket=BUCKET, Key=f"jobs/{taken['job_id']}/results.csv")["Body"].read()
    first, second = csv.DictReader(io.StringIO(table.decode()))
    columns = ("shaft_speed_used_rpm", "evidence_supports", "evidence_agrees", "evidence_note")
    assert [first[column] for column in columns] == ["1800.0", "outer_race", "", ""]
    assert (second["evidence_supports"], second["evidence_note"][:23]) == ("", "No line of this bearing")


@pytest.mark.parametrize(("given", "missing"), [("machine_group", "foundation"), ("foundation", "machine_group")])
async def test_a_severity_that_no_recording_could_have_is_refused_at_submission(
    jobs: Jobs, given: str, missing: str
) -> None:
    options = {"unit": "g", "machine_group": 1, "foundation": "rigid"}
    body = {"signals": [tone(0.5).tolist()], "unit": "g", given: options[given]}
    assert_error(await jobs.post(body), 422, "invalid_option", missing)


async def test_a_page_of_results_ends_where_an_answer_would_grow_too_large(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await jobs.submit(["high", "centred", "low", "high", "centred"])
    jobs.work()
    path = f"/jobs/{taken['job_id']}/results"
    monkeypatch.setattr(results, "LARGEST_PAGE_BYTES", 2500)
    sizes: list[int] = []
    cursor: int | None = 0
    while cursor is not None:
        page = await jobs.get(path, cursor=cursor)
        sizes.append(len(page["results"]))
        cursor = page["next_cursor"]
    assert sum(sizes) == 5
    assert max(sizes) < 5
    monkeypatch.setattr(results, "LARGEST_PAGE_BYTES", 1)
    assert len((await jobs.get(path))["results"]) == 1
