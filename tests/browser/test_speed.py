"""How fast the page is: first load with an empty cache, and how long a million samples block it."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.watching import OpenPage, drop
from tests.support.recordings import wav_bytes

RATE_HZ = 20480
MILLION = 1_000_000
FIRST_LOAD_MS = 1500
# On one processor of two that others use as well; analysed in the page itself, a million samples take seconds.
BLOCKED_MS = 400

OBSERVE = """() => {
    window.blocked = [];
    new PerformanceObserver((list) => window.blocked.push(...list.getEntries().map((one) => one.duration)))
        .observe({ type: "longtask" });
}"""


@pytest.fixture(scope="module")
def million() -> bytes:
    """A million samples of a shaft with noise, as 16-bit WAV."""
    time = np.arange(MILLION) / RATE_HZ
    noise = 0.05 * np.random.default_rng(5).standard_normal(MILLION)
    return wav_bytes(0.2 * np.sin(2 * np.pi * 60 * time) + noise, RATE_HZ, "PCM_16")


def test_the_first_load(open_page: OpenPage, figures: dict[str, float]) -> None:
    """Each of three contexts has an empty cache; until the page can be used, its models loaded."""
    times = []
    for _ in range(3):
        page = open_page()
        page.locator(".examples button").first.wait_for()
        page.wait_for_load_state("networkidle")
        times.append(page.evaluate(LOADED))
    figures["first_load_ms"] = sorted(times)[1]
    assert sorted(times)[1] < FIRST_LOAD_MS


LOADED = """() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
    const loaded = performance.getEntriesByType("resource").map((one) => one.responseEnd);
    return Math.max(paint, ...loaded);
}"""


def test_a_million_samples_never_block_the_page(
    open_page: OpenPage, million: bytes, tmp_path: Path, figures: dict[str, float]
) -> None:
    """The best of three: what else the machine does is no fault of the page."""
    path = tmp_path / "million.wav"
    path.write_bytes(million)
    longest: list[float] = []
    while len(longest) < 3 and min(longest, default=BLOCKED_MS + 1) > BLOCKED_MS:
        took_ms, blocked_ms = analyse(open_page(), path)
        longest.append(blocked_ms)
        figures |= {"million_samples_ms": took_ms, "longest_task_ms": blocked_ms}
    assert min(longest) <= BLOCKED_MS


def analyse(page: Page, path: Path) -> tuple[float, float]:
    """Milliseconds until everything is there, and of the longest task until then and while the charts are moved."""
    page.wait_for_load_state("networkidle")
    page.evaluate(OBSERVE)
    page.evaluate("window.began = performance.now()")
    page.get_by_label("Choose a file").set_input_files(path)
    expect(page.locator(".results .chart canvas")).to_have_count(4)
    expect(page.locator(".strip rect")).to_have_count(49)
    took_ms = page.evaluate("performance.now() - window.began")
    navigate(page)
    return took_ms, max(page.evaluate("window.blocked"), default=0)


def navigate(page: Page) -> None:
    """Zoom and move the waveform, as a person would."""
    page.locator(".chart").first.focus()
    for key in ["+"] * 10 + ["ArrowRight"] * 10 + ["-"] * 6 + ["0"]:
        page.keyboard.press(key)
        page.wait_for_timeout(20)
    page.wait_for_timeout(300)


def test_dropping_is_as_good_as_choosing(open_page: OpenPage, million: bytes) -> None:
    page = open_page()
    drop(page, "million.wav", million)
    expect(page.locator(".results .chart canvas")).to_have_count(4)
