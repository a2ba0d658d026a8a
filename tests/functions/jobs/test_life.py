"""A job from submission to results, by each of the three ways to submit."""

import csv
import io
import json
from base64 import b64decode

import httpx
import numpy as np
import pytest

from functions.core.aws.clients import s3_client
from tests.support.apps import assert_error, post_json
from tests.support.aws import BUCKET
from tests.support.jobs import Jobs, signal
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes

RAW = "application/octet-stream"
FIVE = ["high", "centred", "low", "high", "centred"]


def put(key: str, content: bytes) -> None:
    s3_client().put_object(Bucket=BUCKET, Key=key, Body=content)


async def test_inline_recordings_come_out_in_order(jobs: Jobs) -> None:
    taken = await jobs.submit(FIVE)
    assert (taken["state"], taken["source"], taken["total"], taken["progress"]) == ("queued", "inline", 5, 0.0)
    jobs.work()
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["done"], job["failed"], job["progress"]) == ("succeeded", 5, 0, 1.0)
    assert job["finished_at"] is not None
    answer = await jobs.get(f"/jobs/{taken['job_id']}/results")
    assert [one["index"] for one in answer["results"]] == [0, 1, 2, 3, 4]
    assert await jobs.classes(taken["job_id"]) == FIVE
    assert answer["next_cursor"] is None


async def test_a_recording_may_have_a_name_and_options_of_its_own(jobs: Jobs) -> None:
    own = [{"name": "a.wav", "asset_id": "press-4"}, {"sample_rate_hz": 4096.0}]
    taken = await jobs.submit(["high", "low"], recordings=own, return_top_k=1)
    jobs.work()
    first, second = (await jobs.get(f"/jobs/{taken['job_id']}/results"))["results"]
    assert (first["name"], first["diagnosis"]["asset_id"]) == ("a.wav", "press-4")
    assert list(first["diagnosis"]["probabilities"]) == ["high"]
    assert first["indicators"]["rms"] == pytest.approx(0.1 / 2**0.5, rel=1e-4)
    assert first["diagnosis"]["recording"]["rms"] == pytest.approx(first["indicators"]["rms"], rel=1e-5)
    assert (second["name"], second["error"]["code"]) == ("1", "signal_too_short")


async def test_files_are_uploaded_straight_to_the_bucket(jobs: Jobs) -> None:
    files = [
        ("a.wav", "audio/wav", wav_bytes(tone(0.5))),
        ("b.npy", "application/x-npy", npy_bytes(tone(0.0))),
        ("c.csv", "text/csv", csv_text([tone(-0.5)]).encode()),
        ("d.f32", "application/octet-stream", tone(0.5).tobytes()),
    ]
    uploads = [{"name": name, "content_type": kind} for name, kind, _ in files]
    taken = (await jobs.post({"uploads": uploads})).json()
    path = f"/jobs/{taken['job_id']}"
    assert (taken["state"], taken["waiting_for_uploads"], len(taken["uploads"])) == ("queued", True, 4)
    assert jobs.queue.take() == []
    for form, (_, kind, content) in zip(taken["uploads"], files, strict=True):
        assert form["fields"]["Content-Type"] == kind
        put(form["fields"]["key"], content)
    started = await jobs.client.post(f"{path}/start")
    assert (started.status_code, started.json()["waiting_for_uploads"]) == (200, False)
    jobs.work()
    assert await jobs.classes(taken["job_id"]) == ["high", "centred", "low", "high"]


async def test_an_upload_may_hold_many_recordings(jobs: Jobs) -> None:
    uploads = [
        {"name": "a.wav", "content_type": "audio/wav"},
        {"name": "night.f32", "content_type": RAW, "recordings": 3, "asset_id": "press-4"},
    ]
    taken = (await jobs.post({"uploads": uploads})).json()
    assert (taken["total"], len(taken["uploads"])) == (4, 2)
    put(taken["uploads"][0]["fields"]["key"], wav_bytes(tone(0.5)))
    put(taken["uploads"][1]["fields"]["key"], b"".join(tone(mean).tobytes() for mean in (0.0, -0.5, 0.5)))
    assert (await jobs.client.post(f"/jobs/{taken['job_id']}/start")).status_code == 200
    jobs.work()
    assert await jobs.classes(taken["job_id"]) == ["high", "centred", "low", "high"]
    results = (await jobs.get(f"/jobs/{taken['job_id']}/results"))["results"]
    assert [one["name"] for one in results] == ["a.wav", "night.f32#0", "night.f32#1", "night.f32#2"]
    assert [one["diagnosis"]["asset_id"] for one in results] == [None, "press-4", "press-4", "press-4"]


@pytest.mark.parametrize("where", ["job", "upload"])
async def test_recordings_of_a_file_may_be_int16(jobs: Jobs, where: str) -> None:
    options = {"sample_format": "int16", "full_scale": 4}
    upload = {"name": "night.raw", "content_type": RAW, "recordings": 3} | (options if where == "upload" else {})
    taken = (await jobs.post({"uploads": [upload]} | (options if where == "job" else {}))).json()
    counts = [np.rint(tone(mean) * 8_192).astype("<i2").tobytes() for mean in (0.0, -0.5, 0.5)]
    put(taken["uploads"][0]["fields"]["key"], b"".join(counts)[:-3])
    refused = await jobs.client.post(f"/jobs/{taken['job_id']}/start")
    assert "3 equally long recordings of int16" in assert_error(refused, 422, "job_invalid", "uploads")
    put(taken["uploads"][0]["fields"]["key"], b"".join(counts))
    assert (await jobs.client.post(f"/jobs/{taken['job_id']}/start")).status_code == 200
    jobs.work()
    assert await jobs.classes(taken["job_id"]) == ["centred", "low", "high"]


async def test_a_file_must_hold_as_many_recordings_as_was_said(jobs: Jobs) -> None:
    taken = (await jobs.post({"uploads": [{"name": "a.f32", "content_type": RAW, "recordings": 3}]})).json()
    put(taken["uploads"][0]["fields"]["key"], tone().tobytes()[:-4])
    refused = await jobs.client.post(f"/jobs/{taken['job_id']}/start")
    assert "a.f32 has" in assert_error(refused, 422, "job_invalid", "uploads")
    put(taken["uploads"][0]["fields"]["key"], tone().tobytes() * 3)
    assert (await jobs.client.post(f"/jobs/{taken['job_id']}/start")).status_code == 200


async def test_a_file_that_was_cut_after_the_start_fails_alone(jobs: Jobs) -> None:
    uploads = [{"name": name, "content_type": RAW, "recordings": 4} for name in ("a", "b")]
    taken = (await jobs.post({"uploads": uploads})).json()
    for form in taken["uploads"]:
        put(form["fields"]["key"], tone(0.5).tobytes() * 4)
    assert (await jobs.client.post(f"/jobs/{taken['job_id']}/start")).status_code == 200
    put(taken["uploads"][0]["fields"]["key"], tone(0.5).tobytes())
    jobs.work()
    assert await jobs.classes(taken["job_id"]) == ["high", "empty_body", *["recording_missing"] * 2, *["high"] * 4]


async def test_an_upload_is_bounded_in_size_and_type(jobs: Jobs) -> None:
    taken = (await jobs.post({"uploads": [{"name": "a.wav", "content_type": "audio/wav"}]})).json()
    (form,) = taken["uploads"]
    policy = json.loads(b64decode(form["fields"]["policy"]))["conditions"]
    assert ["content-length-range", 1, 64_000_000] in policy
    assert {"Content-Type": "audio/wav"} in policy
    assert {"key": f"jobs/{taken['job_id']}/uploads/a.wav"} in policy


async def test_a_job_does_not_start_without_its_files(jobs: Jobs) -> None:
    uploads = [{"name": f"{index}.wav", "content_type": "audio/wav"} for index in range(2)]
    taken = (await jobs.post({"uploads": uploads})).json()
    put(taken["uploads"][0]["fields"]["key"], wav_bytes(tone()))
    refused = await jobs.client.post(f"/jobs/{taken['job_id']}/start")
    assert "1.wav" in assert_error(refused, 409, "uploads_missing", None)
    assert jobs.queue.take() == []


async def test_starting_twice_is_starting_once(jobs: Jobs) -> None:
    taken = (await jobs.post({"uploads": [{"name": "a.wav", "content_type": "audio/wav"}]})).json()
    put(taken["uploads"][0]["fields"]["key"], wav_bytes(tone(0.5)))
    for _ in range(2):
        assert (await jobs.client.post(f"/jobs/{taken['job_id']}/start")).status_code == 200
    assert len(jobs.queue.take()) == 1


async def test_recordings_are_taken_by_reference(jobs: Jobs) -> None:
    put("recordings/everybody/night/1.wav", wav_bytes(tone(0.5)))
    put("recordings/everybody/night/2/a.npy", npy_bytes(tone(-0.5)))
    put("recordings/everybody/night/2/", b"")
    put("recordings/everybody/nightly.wav", wav_bytes(tone()))
    taken = (await jobs.post({"prefix": f"s3://{BUCKET}/recordings/everybody/night/"})).json()
    assert (taken["source"], taken["total"]) == ("prefix", 2)
    jobs.work()
    results = (await jobs.get(f"/jobs/{taken['job_id']}/results"))["results"]
    assert [one["name"] for one in results] == ["1.wav", "2/a.npy"]
    assert await jobs.classes(taken["job_id"]) == ["high", "low"]


@pytest.mark.parametrize(
    "prefix",
    [
        "s3://another/recordings/everybody/",
        f"s3://{BUCKET}/",
        f"s3://{BUCKET}/jobs/",
        f"s3://{BUCKET}/recordings/",
        f"s3://{BUCKET}/recordings/somebody/",
        f"s3://{BUCKET}/recordings/everybody",
        f"s3://{BUCKET}/recordings/everybody/night",
        "https://example.org/",
        "",
    ],
)
async def test_other_places_are_refused(jobs: Jobs, prefix: str) -> None:
    assert_error(await jobs.post({"prefix": prefix}), 422, "prefix_refused", "prefix")


async def test_a_prefix_with_nothing_below_is_refused(jobs: Jobs) -> None:
    refused = await jobs.post({"prefix": f"s3://{BUCKET}/recordings/shared/"})
    assert_error(refused, 422, "batch_empty", "prefix")


async def test_a_file_of_no_known_format_is_named(jobs: Jobs) -> None:
    put("recordings/shared/notes.txt", b"x")
    refused = await jobs.post({"prefix": f"s3://{BUCKET}/recordings/shared/"})
    assert "notes.txt" in assert_error(refused, 422, "job_invalid", "prefix")


async def test_pages_join_to_the_whole(jobs: Jobs) -> None:
    taken = await jobs.submit(FIVE)
    jobs.work()
    indices: list[list[int]] = []
    cursor: int | None = 0
    while cursor is not None:
        page = await jobs.get(f"/jobs/{taken['job_id']}/results", limit=2, cursor=cursor)
        indices.append([one["index"] for one in page["results"]])
        cursor = page["next_cursor"]
    assert indices == [[0, 1], [2, 3], [4]]


async def test_a_page_of_a_running_job_ends_at_the_first_gap(jobs: Jobs) -> None:
    taken = await jobs.submit(FIVE)
    first, second, third = jobs.queue.take()
    path = f"/jobs/{taken['job_id']}/results"
    jobs.queue.deliver(jobs.worker, third, 1)
    page = await jobs.get(path)
    assert (page["state"], page["results"], page["next_cursor"]) == ("running", [], 0)
    jobs.queue.deliver(jobs.worker, first, 1)
    page = await jobs.get(path)
    assert ([one["index"] for one in page["results"]], page["next_cursor"]) == ([0, 1], 2)
    jobs.queue.deliver(jobs.worker, second, 1)
    page = await jobs.get(path, cursor=2)
    assert ([one["index"] for one in page["results"]], page["next_cursor"]) == ([2, 3, 4], None)


async def test_progress_and_time_left(jobs: Jobs) -> None:
    taken = await jobs.submit(FIVE)
    first, *_ = jobs.queue.take()
    jobs.queue.deliver(jobs.worker, first, 1)
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["done"], job["progress"]) == ("running", 2, 0.4)
    assert job["eta_s"] >= 0


async def test_all_results_can_be_downloaded(jobs: Jobs) -> None:
    taken = await jobs.submit(["high", "flat", "low"], recordings=[{"name": "a"}, {"name": "b"}, {"name": "c"}])
    path = f"/jobs/{taken['job_id']}/results"
    assert_error(await jobs.client.get(path, params={"download": "csv"}), 409, "job_state", None)
    jobs.work()
    answer = await jobs.get(path, download="csv")
    assert answer["media_type"] == "text/csv"
    assert f"{BUCKET}.s3" in answer["url"]
    assert f"jobs/{taken['job_id']}/results.csv" in answer["url"]
    assert "X-Amz-Expires=900" in answer["url"]
    rows = list(csv.DictReader(io.StringIO(read(f"jobs/{taken['job_id']}/results.csv").decode())))
    assert [(row["index"], row["name"], row["class_id"], row["code"]) for row in rows] == [
        ("0", "a", "high", ""),
        ("1", "b", "", "signal_constant"),
        ("2", "c", "low", ""),
    ]
    lines = [json.loads(line) for line in read(f"jobs/{taken['job_id']}/results.jsonl").splitlines()]
    assert lines == (await jobs.get(path))["results"]


def read(key: str) -> bytes:
    content: bytes = s3_client().get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


async def test_jobs_are_listed_newest_first(jobs: Jobs) -> None:
    made = [(await jobs.submit(["high"]))["job_id"] for _ in range(3)]
    page = await jobs.get("/jobs", limit=2)
    assert [job["job_id"] for job in page["jobs"]] == made[:0:-1]
    rest = await jobs.get("/jobs", cursor=page["next_cursor"])
    assert ([job["job_id"] for job in rest["jobs"]], rest["next_cursor"]) == (made[:1], None)


@pytest.mark.parametrize(
    ("document", "status", "code", "field"),
    [
        ({}, 422, "job_invalid", None),
        ({"signals": [signal("high")], "prefix": "x"}, 422, "job_invalid", None),
        ({"signals": []}, 422, "batch_empty", "signals"),
        ({"uploads": [{"name": "a.wav"}]}, 422, "job_invalid", "uploads[0]"),
        ({"uploads": [{"name": "../a.wav", "content_type": "audio/wav"}]}, 422, "job_invalid", "uploads[0].name"),
        ({"uploads": [{"name": "a", "content_type": "image/png"}]}, 422, "job_invalid", "uploads[0].content_type"),
        ({"uploads": [{"name": "a", "content_type": "audio/wav"}] * 2}, 422, "job_invalid", "uploads"),
        (
            {"uploads": [{"name": "a", "content_type": "audio/wav", "recordings": 2}]},
            422,
            "job_invalid",
            "uploads[0].recordings",
        ),
        (
            {"uploads": [{"name": "a", "content_type": RAW, "recordings": 0}]},
            422,
            "job_invalid",
            "uploads[0].recordings",
        ),
        ({"signals": [signal("high")], "recordings": []}, 202, None, None),
        ({"signals": [signal("high")], "recordings": [{}, {}]}, 422, "job_invalid", "recordings"),
        (
            {"signals": [signal("high")], "recordings": [{"asset_id": "#"}]},
            422,
            "invalid_option",
            "recordings[0].asset_id",
        ),
        ({"signals": [signal("high")], "colour": 1}, 422, "unknown_option", "colour"),
        ({"signals": [["x"]]}, 422, "signal_not_numeric", "signals[0]"),
        ({"signals": [signal("high")], "webhook": {"url": "https://a.example"}}, 422, "job_invalid", "webhook"),
        ([], 400, "malformed_body", None),
    ],
    ids=str,
)
async def test_what_cannot_become_a_job_is_refused(
    jobs: Jobs, document: object, status: int, code: str | None, field: str | None
) -> None:
    response = await jobs.post(document)
    if code is None:
        assert response.status_code == status
    else:
        assert_error(response, status, code, field)


async def test_jobs_need_a_table(client_without_jobs: httpx.AsyncClient) -> None:
    response = await post_json(client_without_jobs, "/jobs", {"signals": [signal("high")]})
    assert_error(response, 503, "not_configured", None)
    assert_error(await client_without_jobs.get("/assets"), 503, "not_configured", None)


@pytest.mark.parametrize("path", ["/jobs/x", "/jobs/" + "0" * 32, "/jobs/" + "0" * 32 + "/results"])
async def test_a_job_that_is_not_there(jobs: Jobs, path: str) -> None:
    assert_error(await jobs.client.get(path), 404, "job_not_found", None)


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/jobs", {"limit": "0"}, "invalid_option"),
        ("/jobs", {"limit": "ten"}, "invalid_option"),
        ("/jobs", {"cursor": "x"}, "invalid_option"),
        ("/jobs", {"page": "2"}, "unknown_option"),
        ("/jobs", {"limit": ["1", "2"]}, "invalid_option"),
        ("/assets", {"limit": "1001"}, "invalid_option"),
    ],
)
async def test_parameters_that_cannot_be(jobs: Jobs, path: str, query: dict[str, str], code: str) -> None:
    assert_error(await jobs.client.get(path, params=query), 422, code, next(iter(query)))
