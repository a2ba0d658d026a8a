"""Jobs and histories from end to end: the page, local_server.py, its worker and its services of AWS."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import local_server
from tests.browser.fake_api import fixed
from tests.browser.files import FULL_SCALE_G, as_csv, as_mat, as_npy, example
from tests.browser.watching import OpenPage, Watch, choose, give, go, payload
from tests.support.recordings import wav_bytes
from tests.support.waiting import SECONDS

RATE_HZ = 20480


@dataclass(frozen=True)
class Stack:
    """A server with jobs and histories that asks for keys, and a good one."""

    url: str
    key: str

    def get(self, path: str) -> Any:
        """GET what must be there."""
        answer = httpx.get(f"{self.url}{path}", headers={"X-API-Key": self.key}, timeout=SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def predict(self, recording: bytes, **options: str) -> None:
        """Diagnose a WAV."""
        headers = {"X-API-Key": self.key, "content-type": "audio/wav"}
        answer = httpx.post(f"{self.url}/predict", params=options, content=recording, headers=headers, timeout=SECONDS)
        assert answer.status_code == 200, answer.text

    def wait_for(self, asset_id: str, many: int) -> None:
        """Wait until an asset has so many diagnoses: they are kept after the answers."""
        deadline = time.monotonic() + SECONDS
        while [one["diagnoses"] for one in self.get("/assets")["assets"] if one["asset_id"] == asset_id] != [many]:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with local_server("--auth") as (url, announced):
        found = re.search(r"API key .*: (palier_\S+)$", announced, re.MULTILINE)
        assert found
        yield Stack(url, found[1])


@pytest.fixture
def page(open_page: OpenPage, stack: Stack, watch: Watch) -> Page:
    """The page, with a key."""
    # Before the key is given, and while the first call waits for the services of AWS to start.
    watch.expected = ("status of 401",)
    page = open_page(url=stack.url)
    with_key(page, stack.key)
    return page


def with_key(page: Page, key: str) -> None:
    page.get_by_role("button", name="API key").click()
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Use key").click()


def pcm(name: str) -> bytes:
    """An example as docs/examples has it: 16 bits, 4 g at full scale."""
    return wav_bytes(example(name) / FULL_SCALE_G, RATE_HZ, "PCM_16")


def chosen(page: Page, *files: tuple[str, bytes]) -> None:
    go(page, "Jobs")
    page.get_by_label("Choose recordings").set_input_files([payload(*one) for one in files])


def submitted(page: Page, many: int, clicks: int = 1) -> tuple[Locator, str]:
    """Submit what is chosen; returns the job as it is shown, and its id."""
    with page.expect_response(re.compile("/start$")) as started:
        page.get_by_role("button", name=f"Submit {many} recordings").click(click_count=clicks)
    job_id: str = started.value.json()["job_id"]
    return page.get_by_role("article", name=f"Job {job_id}"), job_id


def test_a_job_from_its_files_to_its_download(page: Page) -> None:
    asked: list[Request] = []

    def hear(request: Request) -> None:
        asked.append(request)

    page.on("request", hear)
    files = [
        ("whirl (links).wav", pcm("oil_whirl")),
        ("clearance.mat", as_mat(example("clearance"), compressed=True)),
        ("wear.csv", as_csv(example("wear"))),
        ("pair.npy", as_npy(example("imbalance"))),
        ("broken.wav", b"no wav at all"),
    ]
    chosen(page, *files)
    give(page, "Full scale of integers", "4")
    job, job_id = submitted(page, 5, clicks=2)
    expect(job.get_by_text("Partially failed")).to_be_visible()
    expect(job.get_by_text("4 of 5 recordings diagnosed, 1 could not be")).to_be_visible()
    job.get_by_role("button", name="Results").click()
    expect(job.locator("tbody th")).to_have_text(
        ["whirl _links_.wav", "clearance.mat", "wear.csv", "pair.npy", "broken.wav"]
    )
    rows = job.locator("tbody tr")
    for row, name in enumerate(["Oil whirl", "Bearing clearance", "Wear", "Imbalance"]):
        expect(rows.nth(row)).to_contain_text(name)
    expect(rows.nth(4)).to_contain_text("malformed_body")
    queue = page.get_by_role("region", name="Queue")
    expect(queue).to_contain_text("Given up (dead-letter queue)0")
    check_traffic(asked)
    check_downloads(page, job, job_id)


def check_traffic(asked: list[Request]) -> None:
    """One job whatever was clicked; no file through the API, no key to the bucket."""
    posts = [one for one in asked if one.method == "POST"]
    (submitted,) = [one for one in posts if urlsplit(one.url).path == "/jobs"]
    body = json.loads(submitted.post_data or "")
    assert "signals" not in body
    kinds = [one["content_type"] for one in body["uploads"]]
    assert kinds == ["audio/wav", "application/octet-stream", "text/csv", "application/x-npy", "audio/wav"]
    assert re.fullmatch(r"[0-9a-f-]{36}", submitted.headers["idempotency-key"])
    uploads = [one for one in posts if urlsplit(one.url).netloc != urlsplit(submitted.url).netloc]
    assert len(uploads) == 5
    assert all("x-api-key" not in one.headers for one in uploads)
    assert submitted.headers["x-api-key"].startswith("palier_")
    assert len([one for one in posts if one.url.endswith("/start")]) == 1


def check_downloads(page: Page, job: Locator, job_id: str) -> None:
    with page.expect_download() as download:
        job.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == f"{job_id}.csv"
    lines = download.value.path().read_text().splitlines()
    # The pair has a line for each of its channels.
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1", "2", "3", "3", "4"]
    assert lines[1].startswith("0,whirl _links_.wav,succeeded,,,oil_whirl,Oil whirl,")
    assert lines[6].startswith("4,broken.wav,failed,")
    with page.expect_download() as download:
        job.get_by_role("button", name="Download JSON Lines").click()
    documents = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert [one["index"] for one in documents] == [0, 1, 2, 3, 4]
    # The page stayed where it was.
    expect(page.get_by_role("heading", level=1, name="Jobs")).to_be_visible()


def test_without_a_bucket_the_same_files_go_inline(page: Page, stack: Stack) -> None:
    page.route("**/surroundings.json", fixed({"uploads": False, "metrics_url": None}))
    page.reload()
    with_key(page, stack.key)
    chosen(page, ("whirl.wav", pcm("oil_whirl")), ("clearance.mat", as_mat(example("clearance"), compressed=False)))
    give(page, "Full scale of integers", "4")
    with page.expect_response(f"{stack.url}/jobs") as taken:
        page.get_by_role("button", name="Submit 2 recordings").click()
    assert (taken.value.status, taken.value.json()["source"]) == (202, "inline")
    job = page.get_by_role("article", name=f"Job {taken.value.json()['job_id']}")
    expect(job.get_by_text("Succeeded")).to_be_visible()
    job.get_by_role("button", name="Results").click()
    expect(job.locator("tbody th")).to_have_text(["whirl.wav", "clearance.mat"])
    expect(job.locator("tbody tr").nth(0)).to_contain_text("Oil whirl")
    expect(job.locator("tbody tr").nth(1)).to_contain_text("Bearing clearance")


def bucket_of(page: Page) -> re.Pattern[str]:
    """Where files are uploaded to, other than the page's own address."""
    own = re.escape(urlsplit(page.url).netloc)
    return re.compile(rf"^http://(?!{own})")


def test_a_job_that_waits_for_its_files_is_cancelled(page: Page, watch: Watch) -> None:
    watch.expected = ("status of 401", "status of 403")
    page.route(bucket_of(page), no_access)
    chosen(page, *[(f"{n}.wav", pcm("healthy")) for n in range(3)])
    page.get_by_role("button", name="Submit 3 recordings").click()
    expect(page.get_by_role("alert")).to_contain_text("The bucket does not accept the form any more.")
    page.get_by_role("button", name="Refresh").click()
    job = page.get_by_role("article").first
    expect(job.get_by_text("Its files are not all uploaded.")).to_be_visible()
    job.get_by_role("button", name="Cancel").click()
    expect(job.get_by_text("Cancelled")).to_be_visible()
    expect(job.get_by_text("3 of 3 recordings were not tried")).to_be_visible()
    expect(job.get_by_role("button", name="Cancel")).to_have_count(0)


def no_access(route: Route) -> None:
    route.fulfill(status=403, body="<Error><Code>AccessDenied</Code></Error>")


def test_a_submission_is_stopped_and_leaves_no_job_that_waits(page: Page, stack: Stack) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(bucket_of(page), hold)
    chosen(page, *[(f"{n}.wav", pcm("healthy")) for n in range(3)])
    page.get_by_role("button", name="Submit 3 recordings").click()
    expect(page.get_by_role("button", name="Uploading 0 of 3 …")).to_be_disabled()
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Submit 3 recordings")).to_be_enabled()
    assert stack.get("/jobs")["jobs"][0]["state"] == "cancelled"
    expect(page.get_by_role("article").first.get_by_text("Cancelled")).to_be_visible()


def test_a_submission_that_was_cut_short_goes_on_as_one_job(page: Page, stack: Stack, watch: Watch) -> None:
    """The bucket is gone for the second file; the next try sends what is missing."""
    watch.expected = ("status of 401", "status of 403")
    before = len(stack.get("/jobs?limit=1000")["jobs"])
    uploads: list[str] = []
    gone = True

    def bucket(route: Route) -> None:
        uploads.append(route.request.url)
        if gone and len(uploads) > 1:
            no_access(route)
        else:
            route.continue_()

    page.route(bucket_of(page), bucket)
    chosen(page, *[(f"{n}.wav", pcm("wear")) for n in range(2)])
    page.get_by_role("button", name="Submit 2 recordings").click()
    expect(page.get_by_role("alert")).to_contain_text("The bucket does not accept the form any more.")
    gone = False
    job, _ = submitted(page, 2)
    expect(job.get_by_text("Succeeded")).to_be_visible()
    assert len(stack.get("/jobs?limit=1000")["jobs"]) == before + 1
    assert len(uploads) == 3


def test_a_machine_is_seen_to_fail(page: Page, stack: Stack) -> None:
    """Diagnosed again and again, by requests and by a job: its state, its trend and its turn are the service's."""
    for day, name in enumerate(["healthy"] * 6 + ["oil_whirl"] * 5):
        recorded_at = f"2026-03-{day + 1:02}T06:00:00Z"
        stack.predict(pcm(name), asset_id="press-4", recorded_at=recorded_at, full_scale="4")
        stack.wait_for("press-4", day + 1)
    chosen(page, *[(f"night {n}.wav", pcm("oil_whirl")) for n in range(2)])
    give(page, "Full scale of integers", "4")
    choose(page, "Fleet", "All of one machine")
    expect(page.get_by_role("button", name="Submit 2 recordings")).to_be_disabled()
    page.get_by_label("Machine", exact=True).fill("press-4")
    job, _ = submitted(page, 2)
    expect(job.get_by_text("Succeeded")).to_be_visible()
    go(page, "Fleet")
    card = page.get_by_role("link", name=re.compile("^press-4"))
    expect(card).to_contain_text("fault")
    expect(card).to_contain_text("Oil whirl")
    expect(card).to_contain_text("13 diagnoses")
    expect(page.get_by_text("1 machine, 1 with a fault")).to_be_visible()
    card.click()
    condition = page.get_by_role("region", name="Condition")
    expect(condition).to_contain_text("Fault since 10 Mar 2026")
    expect(condition.locator(".changes li")).to_have_count(1)
    expect(page.locator(".chart:visible canvas")).to_have_count(6)
    expect(page.get_by_label(re.compile(r"^RMS over time, now 0\.\d+.g\."))).to_be_visible()
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_label(re.compile(r"^Kurtosis over time"))).to_be_visible()
