"""The jobs view: states, pages, refusals; from submission to download in test_jobs.py."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.fake_api import STATES, FakeJobs, answer, fixed, job, refuse
from tests.browser.files import as_csv, example
from tests.browser.watching import OpenPage, Watch, choose, drop, expect_class, give, go, payload
from tests.support.bearings import OUTER, QUIET, damaged
from tests.support.recordings import wav_bytes


def test_every_state_of_a_job_has_words(open_page: OpenPage) -> None:
    page = open_page()
    FakeJobs(STATES).install(page)
    go(page, "Jobs")
    expect(page.locator(".job .pill")).to_have_text(
        ["Running", "Queued", "Queued", "Partially failed", "Failed", "Failed", "Cancelled", "Succeeded"]
    )
    for number, sentence in (
        (8, "About 97 s left."),
        (7, "Its files are not all uploaded."),
        (6, "Waits for its turn."),
        (5, "1 recording could not be diagnosed; the results say why."),
        (4, "It was not finished in time: 29 of 40 recordings were not tried."),
        (3, "No recording could be diagnosed; the results say why."),
        (2, "What was found until then is kept; 29 of 40 recordings were not tried."),
        (1, "Every recording was diagnosed."),
    ):
        expect(page.get_by_role("article", name=f"Job {number:032x}")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(3)
    expect(page.get_by_role("region", name="Queue")).to_contain_text("7")
    expect(page.get_by_role("region", name="Queue")).to_contain_text("to be looked at")


def test_results_come_a_page_at_a_time(open_page: OpenPage) -> None:
    page, jobs = open_page(), FakeJobs([STATES[-1], STATES[0]])
    jobs.install(page)
    go(page, "Jobs")
    whole, running = page.get_by_role("article").nth(0), page.get_by_role("article").nth(1)
    whole.get_by_role("button", name="Results").click()
    expect(whole.locator("tbody tr")).to_have_count(50)
    expect(whole.get_by_text("1 to 50 of 512")).to_be_visible()
    expect(whole.locator("tbody tr").nth(1)).to_contain_text("The recording has 12 samples; one window has 20480.")
    whole.get_by_role("button", name="Next").click()
    expect(whole.get_by_text("51 to 100 of 512")).to_be_visible()
    expect(whole.locator("tbody th").first).to_have_text("pump-7 051.wav")
    whole.get_by_role("button", name="Previous").click()
    expect(whole.get_by_text("1 to 50 of 512")).to_be_visible()
    running.get_by_role("button", name="Results").click()
    expect(running.locator("tbody tr")).to_have_count(48)
    # There are no files of a job that runs.
    expect(running.get_by_role("button", name=re.compile("^Download"))).to_have_count(0)
    assert "limit=50&cursor=50" in jobs.asked


def test_older_jobs_are_shown_when_asked_for(open_page: OpenPage) -> None:
    page, jobs = open_page(), FakeJobs([STATES[-1]], queue=None, more=True)
    jobs.install(page)
    go(page, "Jobs")
    for limit in (100, 1000):
        with page.expect_response(f"**/jobs?limit={limit}"):
            page.get_by_role("button", name="Show older jobs").click()
    expect(page.get_by_text("The newest 1\u202f000 are shown.")).to_be_visible()
    assert jobs.asked == ["limit=20", "limit=100", "limit=1000"]
    expect(page.get_by_role("region", name="Queue")).to_have_count(0)


def chosen(page: Page, *files: tuple[str, bytes]) -> None:
    go(page, "Jobs")
    page.get_by_label("Choose recordings").set_input_files([payload(*one) for one in files])


def without_a_bucket(page: Page) -> list[dict[str, Any]]:
    """Submissions that come in, from a page that no bucket is open to."""
    page.route("**/surroundings.json", fixed({"uploads": False, "metrics_url": None}))
    page.reload()
    FakeJobs().install(page)
    submitted: list[dict[str, Any]] = []

    def submit(route: Route) -> None:
        submitted.append(json.loads(route.request.post_data or ""))
        answer(route, job(1, "queued", 2, 0, source="inline") | {"uploads": []}, 202)

    page.route("**/jobs", submit)
    return submitted


def test_where_no_bucket_is_reached_recordings_go_inline(open_page: OpenPage) -> None:
    page = open_page()
    submitted = without_a_bucket(page)
    samples = example("oil_whirl")[:20480]
    chosen(page, ("one.wav", wav_bytes(samples, 20480)), ("one.wav", as_csv(samples)), ("two.csv", as_csv(samples)))
    expect(page.get_by_role("list", name="Chosen files").get_by_role("listitem")).to_have_count(3)
    page.get_by_role("button", name="Submit 3 recordings").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "one.wav: The page does not read this file itself: its first bytes are not those of a WAV."
    )
    assert submitted == []
    page.get_by_role("button", name="Leave 1 file out").click()
    choose(page, "Fleet", "Each file is named after its machine")
    page.get_by_role("button", name="Submit 2 recordings").click()
    expect(page.get_by_label("Choose recordings")).to_be_enabled()
    expect(page.get_by_role("button", name=re.compile("^Submit"))).to_have_count(0)
    (body,) = submitted
    assert [one["name"] for one in body["recordings"]] == ["one.wav", "two.csv"]
    assert [one["asset_id"] for one in body["recordings"]] == ["one", "two"]
    assert {one["sample_rate_hz"] for one in body["recordings"]} == {20480}
    assert ("uploads" in body, body["channel"]) == (False, "all")
    assert max(abs(found - sent) for found, sent in zip(body["signals"][0], samples.tolist(), strict=True)) < 1e-6


def test_what_is_remembered_of_a_machine_goes_with_its_recordings(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "fan-3.wav", damaged(OUTER))
    for label, value in (("Name", "fan-3"), ("Revolutions", "1797"), ("Designation", "6205")):
        give(page, label, value)
    choose(page, "Unit", "g")
    expect_class(page, "Outer race fault")
    submitted = without_a_bucket(page)
    chosen(page, ("fan-3.wav", damaged(OUTER[:24_000], QUIET[:24_000])), ("fan-4.wav", damaged(QUIET[:24_000])))
    choose(page, "Fleet", "Each file is named after its machine")
    expect(page.get_by_text("Shaft speed, bearing and unit go with them as remembered of fan-3.")).to_be_visible()
    page.get_by_role("button", name="Submit 2 recordings").click()
    expect(page.get_by_label("Choose recordings")).to_be_enabled()
    expect(page.get_by_role("button", name=re.compile("^Submit"))).to_have_count(0)
    (body,) = submitted
    known, unknown = body["recordings"]
    assert {name: known.get(name) for name in ("shaft_speed_rpm", "bearing", "unit")} == {
        "shaft_speed_rpm": 1797,
        "bearing": "6205",
        "unit": "g",
    }
    assert {"shaft_speed_rpm", "bearing", "unit"}.isdisjoint(unknown)
    # Of several channels none is taken unasked.
    assert body["channel"] == "all"
    assert [len(body["signals"][0]), len(body["signals"][1])] == [2, 24_000]


@pytest.mark.parametrize(
    ("status", "code", "sentence", "title"),
    [
        (429, "quota_exceeded", "A key may have 10 unfinished jobs.", "Enough for now"),
        (413, "job_too_large", "A job may have 1000 recordings.", "Too many recordings for one job"),
        (413, "body_too_large", "The body is over 6000000 bytes.", "Too large for one request"),
        (422, "job_invalid", "uploads[0].name cannot be used.", "No job can be made of this"),
        (503, "dependency_unavailable", "The table of jobs is not available.", "Not available at the moment"),
    ],
)
def test_a_submission_that_is_refused_shows_the_reason_and_keeps_its_files(
    open_page: OpenPage, watch: Watch, status: int, code: str, sentence: str, title: str
) -> None:
    watch.expected = ("Failed to load resource",)
    page = open_page()
    FakeJobs().install(page)
    page.route("**/jobs", lambda route: refuse(route, status, code, sentence, 60 if status == 429 else None))
    chosen(page, ("one.wav", wav_bytes(example("healthy")[:20480], 20480)))
    page.get_by_role("button", name="Submit 1 recording").click()
    expect(page.get_by_role("alert")).to_contain_text(title)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    if status == 429:
        expect(page.get_by_role("button", name=re.compile(r"^Try again in \d+ s$"))).to_be_disabled()
    expect(page.get_by_role("button", name="Submit 1 recording")).to_be_enabled()


def test_a_service_that_is_gone_is_said_and_asked_again(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ("Failed to load resource",)
    page = open_page()
    page.route("**/jobs?*", lambda route: route.abort("connectionrefused"))
    go(page, "Jobs")
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.unroute("**/jobs?*")
    FakeJobs(STATES).install(page)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".job")).to_have_count(8)
    # While it is away again, what is known stays, and what is open stays open.
    page.get_by_role("button", name="Results").first.click()
    expect(page.locator("tbody tr")).to_have_count(48)
    page.route("**/jobs?*", lambda route: route.abort("connectionrefused"))
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    expect(page.locator(".job")).to_have_count(8)
    expect(page.locator("tbody tr")).to_have_count(48)
    page.unroute("**/jobs?*")
    FakeJobs(STATES).install(page)
    expect(page.get_by_role("alert")).to_have_count(0)
