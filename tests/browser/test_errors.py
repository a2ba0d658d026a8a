"""What goes wrong is said, with what can be done about it."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.files import RATE_HZ, as_mat, example
from tests.browser.watching import VERDICT, OpenPage, Watch, drop, expect_class
from tests.support.recordings import npy_bytes, wav_bytes

HEALTHY = example("healthy")
GOOD = wav_bytes(HEALTHY, RATE_HZ)
REFUSED = ("Failed to load resource",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("photo.png", b"\x89PNG", "photo.png is of no kind that is read here; those are .csv,"),
        ("a.mat", b"no matlab" * 99, "This is not a MATLAB file of version 5 or later."),
        ("a.mat", as_mat(HEALTHY, compressed=True)[:9000], "The MATLAB file is cut short."),
        ("a.mat", as_mat(HEALTHY[:9], compressed=False), "no vector of 256 samples or more"),
    ],
)
def test_the_reason_of_a_file_that_cannot_be_read_is_shown(
    long_open_page: Page, name: str, content: bytes, said: str
) -> None:
    drop(long_open_page, name, content)
    expect(long_open_page.get_by_role("alert")).to_contain_text("This file cannot be read")
    expect(long_open_page.get_by_role("alert")).to_contain_text(said)


def test_after_files_that_cannot_be_read_a_good_one_is(long_open_page: Page) -> None:
    drop(long_open_page, "photo.png", b"\x89PNG")
    expect(long_open_page.get_by_role("alert")).to_contain_text("of no kind that is read here")
    drop(long_open_page, "good.wav", GOOD)
    expect_class(long_open_page, "Healthy")
    expect(long_open_page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.npy", b"", "The request body is empty: send a recording."),
        ("a.wav", b"RIFFnonsense" * 9, "The bytes are text, not .wav"),
        ("a.wav", wav_bytes(HEALTHY, 20480, "MS_ADPCM"), "MS_ADPCM"),
        ("a.npy", npy_bytes(HEALTHY)[:-4], "The npy header promises 409600 bytes"),
        ("a.npy", npy_bytes(np.array(["a"])), "float32"),
        ("a.raw", b"12345", "The body has 5 bytes"),
    ],
)
def test_a_file_that_the_service_refuses_has_its_sentence(
    open_page: OpenPage, watch: Watch, name: str, content: bytes, said: str
) -> None:
    watch.expected = ("status of 4",)
    page = open_page()
    drop(page, name, content)
    expect(page.get_by_role("alert")).to_contain_text(said)
    drop(page, "good.wav", GOOD)
    expect_class(page, "Healthy")


def test_holes_are_reported_before_anything_is_sent(open_page: OpenPage) -> None:
    page = open_page()
    samples = HEALTHY.copy()
    samples[77] = np.nan
    drop(page, "a.npy", npy_bytes(samples))
    expect(page.get_by_role("alert")).to_contain_text("The signal has holes")


def test_too_short_and_constant_recordings(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ("status of 422",)
    page = open_page()
    drop(page, "a.npy", npy_bytes(HEALTHY[:4000]))
    expect(page.get_by_role("alert")).to_contain_text("This cannot be diagnosed")
    expect(page.get_by_role("alert")).to_contain_text("4000")
    expect(page.locator(".results .chart canvas")).to_have_count(4)


def test_a_clipped_and_a_strange_recording_are_not_to_be_trusted(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "a.npy", npy_bytes(np.clip(example("imbalance"), -0.1, 0.1)))
    expect(page.locator(".verdict")).to_contain_text("cut off at the range of its sensor or recorder")
    drop(page, "b.npy", npy_bytes(np.random.default_rng(1).standard_normal(102_400).astype(np.float32)))
    expect(page.locator(".verdict")).to_contain_text("unlike anything the model was trained on")
    expect(page.locator(".verdict")).to_contain_text(
        "If it is a rolling bearing: state the bearing and the shaft speed"
    )


def test_without_a_key_the_page_asks_for_one(open_page: OpenPage, locked_server: tuple[str, str], watch: Watch) -> None:
    watch.expected = ("status of 401",)
    url, key = locked_server
    page = open_page(url=url)
    drop(page, "a.wav", GOOD)
    expect(page.get_by_role("alert")).to_contain_text("An API key is needed")
    page.get_by_role("alert").get_by_role("button", name="Enter API key").click()
    page.get_by_label("Key", exact=True).fill("palier_000000000000_wrong")
    page.get_by_role("button", name="Use key").click()
    expect(page.get_by_role("alert")).to_contain_text("The API key is not valid.")
    page.get_by_role("button", name="API key set").click()
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Use key").click()
    expect_class(page, "Healthy")
    assert "palier_" not in page.url
    assert stored(page) == {"session": 0, "local": 0}


def test_a_key_is_kept_for_the_tab_only_if_wanted(
    open_page: OpenPage, locked_server: tuple[str, str], watch: Watch
) -> None:
    watch.expected = ("status of 401",)
    url, key = locked_server
    page = open_page(url=url)
    page.get_by_role("button", name="API key").click()
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_label("Keep until this tab is closed").check()
    page.get_by_role("button", name="Use key").click()
    assert stored(page) == {"session": 1, "local": 0}
    page.reload()
    drop(page, "a.wav", GOOD)
    expect_class(page, "Healthy")
    page.get_by_role("button", name="API key set").click()
    page.get_by_role("button", name="Forget key").click()
    assert stored(page) == {"session": 0, "local": 0}


def stored(page: Page) -> object:
    return page.evaluate(
        """() => Object.fromEntries([["session", sessionStorage], ["local", localStorage]].map(([name, store]) =>
            [name, Object.values({ ...store }).filter((value) => value.startsWith("palier_")).length]))"""
    )


@dataclass(frozen=True)
class Refusal:
    """An answer of the service, or of the gateway in front of it, and what the page makes of it."""

    status: int
    body: str
    title: str
    said: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self, route: Route) -> None:
        route.fulfill(status=self.status, headers=dict(self.headers), body=self.body)


def error(sentence: str, code: str) -> str:
    return json.dumps({"error": sentence, "code": code, "field": None, "request_id": "r-1"})


TOO_LARGE = "The body is over 6000000 bytes."
BUSY = "32 requests are in work."
REFUSALS = {
    "413": Refusal(413, error(TOO_LARGE, "body_too_large"), "Too large for one request", TOO_LARGE),
    "429": Refusal(429, error(BUSY, "too_many_requests"), "Too many requests", BUSY, {"retry-after": "2"}),
    "403-gateway": Refusal(403, '{"message":"Forbidden"}', "This key may not do that", "is not accepted here"),
    "503-html": Refusal(503, "<html>", "Not available at the moment", "The service is not available at the moment."),
    "500": Refusal(500, error("Something went wrong here.", "internal_error"), "The service failed", "r-1"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_of_the_service(open_page: OpenPage, watch: Watch, name: str) -> None:
    watch.expected = REFUSED
    page, refusal = open_page(), REFUSALS[name]

    def refuse(route: Route) -> None:
        refusal.answer(route)

    page.route("**/predict?*", refuse)
    drop(page, "a.wav", GOOD)
    expect(page.get_by_role("alert")).to_contain_text(refusal.title)
    expect(page.get_by_role("alert")).to_contain_text(refusal.said)
    expect(page.locator(".results .chart canvas")).to_have_count(4)


def test_after_a_429_the_page_waits_as_long_as_stated_and_goes_on(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = REFUSED
    page = open_page()
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=429, headers={"retry-after": "2"}, body="{}")

    page.route("**/predict?*", refuse_once)
    drop(page, "a.wav", GOOD)
    waiting = page.get_by_role("button", name="Try again in 2 s")
    expect(waiting).to_be_disabled()
    page.get_by_role("button", name="Try again", exact=True).click()
    expect_class(page, "Healthy")


def test_a_service_that_is_gone(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = REFUSED
    page = open_page()
    page.route("**/predict?*", lambda route: route.abort("connectionrefused"))
    drop(page, "a.wav", GOOD)
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.unroute("**/predict?*")
    page.get_by_role("button", name="Try again").click()
    expect_class(page, "Healthy")


def test_a_late_answer_of_another_file_is_dropped(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "a.wav", wav_bytes(example("wear"), RATE_HZ))
    drop(page, "b.wav", GOOD)
    expect_class(page, "Healthy")
    expect(page.get_by_role("heading", name="b.wav")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator(VERDICT)).to_have_text("Healthy")


def test_a_wav_that_states_no_length_is_read(open_page: OpenPage) -> None:
    """As programs write it that write into a pipe."""
    content = bytearray(wav_bytes(HEALTHY / 4, 20480, "PCM_16"))
    content[4:8] = content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    page = open_page()
    drop(page, "pipe.wav", bytes(content))
    page.get_by_label("Full scale").fill("4")
    page.get_by_label("Full scale").press("Enter")
    expect_class(page, "Healthy")
