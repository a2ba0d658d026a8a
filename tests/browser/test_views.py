"""Fleet, jobs, models and service: what they show, and what they say where the service has no such part.

Jobs, histories and metrics are faked here (fake_api.py); models, health and diagnoses are the real server's.
"""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.fake_api import FakeJobs, fake_fleet, fake_metrics
from tests.browser.files import example
from tests.browser.watching import OpenPage, Watch, payload
from tests.support.recordings import npy_bytes, wav_bytes

ABSENT = ("status of 404",)


def go(page: Page, view: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name=view, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=view, exact=True)).to_be_visible()


def test_what_is_not_installed_is_said(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ABSENT
    page = open_page()
    page.route(re.compile(r"/(assets|jobs|metrics\.json)$"), not_here)
    for view, title in (
        ("Fleet", "Histories are not installed here"),
        ("Jobs", "Jobs are not installed here"),
        ("Service", "No metrics at this address"),
    ):
        go(page, view)
        expect(page.get_by_role("heading", name=title)).to_be_visible()


def not_here(route: object) -> None:
    body = {"error": "There is nothing here.", "code": "not_found", "field": None, "request_id": "a"}
    route.fulfill(status=404, content_type="application/json", body=json.dumps(body))  # type: ignore[attr-defined]


def test_the_fleet_shows_the_worst_first_and_a_machines_trend(open_page: OpenPage) -> None:
    page = open_page()
    fake_fleet(page)
    go(page, "Fleet")
    expect(page.locator(".asset-name")).to_have_text(
        ["pump-7", "turbine-1/bearing-3", "compressor-4", "fan-2", "pump-8"]
    )
    expect(page.get_by_text("5 machines, 2 in alarm")).to_be_visible()
    page.get_by_role("link", name="pump-7").click()
    expect(page.get_by_role("heading", name="Oil whirl")).to_be_visible()
    expect(page.get_by_text("56 diagnoses")).to_be_visible()
    expect(page.locator(".changes li")).to_have_count(1)
    expect(page.locator(".chart:visible canvas")).to_have_count(5)
    assert page.url.endswith("#/fleet/pump-7")
    page.get_by_role("link", name="Fleet", exact=True).first.click()
    expect(page.locator(".asset")).to_have_count(5)


def test_a_job_from_its_files_to_its_results(open_page: OpenPage) -> None:
    page, jobs = open_page(), FakeJobs()
    jobs.install(page)
    go(page, "Jobs")
    expect(page.get_by_text("No job yet")).to_be_visible()
    samples = example("oil_whirl")[:20480]
    files = [("one.wav", wav_bytes(samples, 20480)), ("two.npy", npy_bytes(samples)), ("three.npy", npy_bytes(samples))]
    page.get_by_label("Choose recordings").set_input_files([payload(*one) for one in files])
    page.get_by_label("Sampling rate").fill("20480")
    page.get_by_label("Sampling rate").press("Enter")
    page.get_by_role("button", name="Submit 3 recordings").click()
    job = page.get_by_role("article", name="Job job-0001")
    expect(job.get_by_text("Partially failed")).to_be_visible()
    expect(job.get_by_text("2 of 3 recordings diagnosed, 1 could not be")).to_be_visible()
    job.get_by_role("button", name="Results").click()
    expect(job.locator("tbody th")).to_have_text(["one.wav", "two.npy", "three.npy"])
    expect(job.get_by_text("The recording has 12 samples; one window has 20480.")).to_be_visible()
    expect(page.get_by_text("Given up (dead-letter queue)")).to_be_visible()
    with page.expect_download() as download:
        job.get_by_role("button", name="Download CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert download.value.suggested_filename == "job-0001.csv"
    assert lines[1] == "one.wav,0,oil_whirl,Oil whirl,0.9993,0.17,true,false,5,,"
    assert lines[2].startswith("two.npy,1,,,")
    (body,) = jobs.submitted
    assert (body["sample_rate_hz"], body["model"], len(body["signals"])) == (20480, None, 3)
    assert max(abs(found - sent) for found, sent in zip(body["signals"][0], samples.tolist(), strict=True)) < 1e-6
    assert re.fullmatch(r"[0-9a-f-]{36}", jobs.idempotency_keys[0])


def test_a_running_job_is_cancelled(open_page: OpenPage) -> None:
    page, jobs = open_page(), FakeJobs(paused=True)
    jobs.jobs["job-0001"] = {
        "job_id": "job-0001",
        "state": "running",
        "total": 9,
        "done": 2,
        "failed": 0,
        "progress": 0.2,
    }
    jobs.install(page)
    go(page, "Jobs")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_files_of_different_rates_are_no_job(open_page: OpenPage) -> None:
    page, jobs = open_page(), FakeJobs()
    jobs.install(page)
    go(page, "Jobs")
    samples = example("healthy")[:20480]
    files = [("one.wav", wav_bytes(samples, 20480)), ("two.wav", wav_bytes(samples, 12000)), ("bad.wav", b"no wav")]

    def submit(*chosen: tuple[str, bytes]) -> None:
        page.get_by_label("Choose recordings").set_input_files([payload(*one) for one in chosen])
        page.get_by_role("button", name=re.compile("^Submit")).click()

    submit(*files[:2])
    expect(page.get_by_role("alert")).to_contain_text("these have 20 480 Hz, 12 000 Hz. Give one for all.")
    page.get_by_role("button", name="Clear").click()
    submit(files[2])
    expect(page.get_by_role("alert")).to_contain_text("bad.wav: This is not a WAV file")
    assert jobs.submitted == []


def test_the_models_show_their_evidence(open_page: OpenPage) -> None:
    page = open_page()
    go(page, "Models")
    card = page.get_by_role("article", name="Hydrodynamic journal bearing, 11 conditions")
    expect(card.get_by_text("not validated on a rig")).to_be_visible()
    expect(card.locator(".pill.good")).to_have_text(["passed"] * 6)
    expect(card.locator(".confusion .right-class")).to_have_count(11)
    expect(card.locator(".confusion .wrong-class")).to_have_count(0)
    expect(card.get_by_role("row", name=re.compile("^static-minmax"))).to_contain_text("ms")
    expect(page.get_by_role("article")).to_have_count(2)


def test_a_deployment_without_proofs_says_so(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ABSENT
    page = open_page()
    page.route("**/proof*", not_here)
    go(page, "Models")
    expect(page.get_by_text("No plots here")).to_have_count(2)
    expect(page.locator(".pill.good")).to_have_count(12)


def test_the_service_shows_its_health_and_its_metrics(open_page: OpenPage) -> None:
    page = open_page()
    page.clock.install()
    fake_metrics(page)
    go(page, "Service")
    expect(page.get_by_role("heading", name="Healthy")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^95 % within"))).to_contain_text("9.7 ms")
    expect(page.get_by_role("row", name=re.compile("^Oil whirl"))).to_contain_text("1 210")
    expect(page.get_by_role("link", name="Dashboard")).to_have_attribute("href", re.compile("^https://console"))
    expect(page.locator(".chart")).to_have_count(0)
    for _ in range(3):
        with page.expect_response("**/metrics.json"):
            page.clock.run_for(5000)
        page.clock.run_for(500)
    expect(page.get_by_label(re.compile(r"^Requests a second over time, now 0\.[4-8]"))).to_be_visible()
