"""Every view, narrow and wide, light and dark: nothing wider than the screen, axe content, pictures where asked for."""

from pathlib import Path
from typing import Literal, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from functions.core.preprocessing.arrays import Float32Array
from tests.browser.fake_api import STATES, FakeJobs, fake_fleet, fake_metrics, fixed, refuse
from tests.browser.watching import (
    NARROW,
    WIDE,
    OpenPage,
    Watch,
    choose,
    drop,
    expect_class,
    give,
    overflowing,
    painted,
    payload,
)
from tests.support.bearings import OUTER, QUIET, damaged
from tests.support.recordings import npy_bytes, tone

SERIOUS = {"serious", "critical"}
# The rules whose findings differ between light and dark. Source: axe-core, the rules with the tag cat.color that run
# without being asked for.
RULES_OF_COLOURS = ["color-contrast", "link-in-text-block"]
SCREENS = {"390": NARROW, "1280": WIDE}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class View(Protocol):
    """Brings a page to a view."""

    __name__: str

    def __call__(self, page: Page, /) -> None: ...


def intake(_: Page) -> None:
    """The empty page."""


def diagnosis(page: Page) -> None:
    page.get_by_role("button", name="Oil whirl").click()
    expect_class(page, "Oil whirl")
    expect(page.locator(".strip rect")).to_have_count(2)
    page.get_by_text("Strongest lines").click()


def bearing(page: Page, *channels: Float32Array) -> None:
    """A damaged 6205 on a machine that no model saw; named, so that it is remembered."""
    drop(page, "fan.wav", damaged(*channels))
    page.locator("section[aria-label=Machine]").wait_for(state="attached")
    folded = page.locator("details.folded")
    if folded.count():
        folded.locator("summary").first.click()
    for label, value in (("Name", "fan-3"), ("Revolutions", "1797"), ("Designation", "6205")):
        give(page, label, value)
    choose(page, "Unit", "g")
    if folded.count():
        folded.locator("summary").first.click()


def evidence(page: Page) -> None:
    bearing(page, OUTER)
    expect_class(page, "Outer race fault")
    expect(page.locator(".evidence tbody tr")).to_have_count(4)


def no_line(page: Page) -> None:
    bearing(page, QUIET)
    expect_class(page, "No line of this bearing is visible")


def contradiction(page: Page) -> None:
    bearing(page, OUTER)
    page.get_by_label("Model", exact=True).select_option(label="rolling-bearing", force=True)
    expect_class(page, "Lines of an outer race fault, and the model disagrees")


def channels(page: Page) -> None:
    bearing(page, OUTER, QUIET)
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("outer race fault")


def refusal(page: Page) -> None:
    drop(page, "short.npy", npy_bytes(tone(windows=1)))
    expect(page.get_by_role("alert")).to_contain_text("This cannot be diagnosed")


def fleet(page: Page) -> None:
    fake_fleet(page)
    page.get_by_role("link", name="Fleet").click()
    expect(page.locator(".asset")).to_have_count(5)


def machine(page: Page) -> None:
    fleet(page)
    page.get_by_role("link", name="pump-7").click()
    page.get_by_role("button", name="Show older ones").click()
    expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)
    expect(page.locator(".chart:visible canvas")).to_have_count(6)


def jobs(page: Page) -> None:
    FakeJobs(STATES).install(page)
    page.get_by_role("link", name="Jobs").click()
    chosen = [payload(f"pump-7 {n}.npy", npy_bytes(tone())) for n in range(4)]
    page.get_by_label("Choose recordings").set_input_files(chosen)
    page.get_by_role("article", name=f"Job {5:032x}").get_by_role("button", name="Results").click()
    expect(page.locator("tbody tr")).to_have_count(3)


def quota(page: Page) -> None:
    FakeJobs().install(page)
    sentence = "This key has 10 unfinished jobs; it may have 10."
    page.route("**/jobs", lambda route: refuse(route, 429, "quota_exceeded", sentence, 60))
    page.get_by_role("link", name="Jobs").click()
    page.get_by_label("Choose recordings").set_input_files([payload("pump-7.npy", npy_bytes(tone()))])
    choose(page, "Fleet", "All of one machine")
    page.get_by_label("Machine", exact=True).fill("pump-7")
    page.get_by_role("button", name="Submit 1 recording").click()
    expect(page.get_by_role("alert")).to_contain_text("Enough for now")


def models(page: Page) -> None:
    page.get_by_role("link", name="Models").click()
    expect(page.locator(".confusion")).to_have_count(3)


def service(page: Page) -> None:
    fake_metrics(page)
    page.clock.install()
    page.get_by_role("link", name="Service").click()
    expect(page.get_by_role("heading", name="Latency")).to_be_visible()
    for _ in range(12):
        with page.expect_response("**/metrics.json"):
            page.clock.run_for(5000)
        page.clock.run_for(100)
    # The rate of requests, and what a load costs.
    expect(page.locator(".chart:visible canvas")).to_have_count(2)


def elsewhere(page: Page) -> None:
    """The service view on AWS."""
    url = {"uploads": False, "metrics_url": "https://eu-central-1.console.aws.amazon.com/cloudwatch/home"}
    page.route("**/surroundings.json", fixed(url))
    page.route("**/metrics.json", lambda route: refuse(route, 404, "not_found", "There is nothing here."))
    page.reload()
    page.get_by_role("link", name="Service").click()
    expect(page.get_by_role("link", name="Open in CloudWatch")).to_be_visible()


def absent(page: Page) -> None:
    page.route(
        "**/jobs?*", lambda route: route.fulfill(status=404, body='{"code": "not_found", "error": "Nothing here."}')
    )
    page.get_by_role("link", name="Jobs").click()
    expect(page.get_by_role("heading", name="Jobs are not installed here")).to_be_visible()


def key(page: Page) -> None:
    page.get_by_role("button", name="API key").click()
    expect(page.get_by_role("dialog")).to_be_visible()


VIEWS: tuple[View, ...] = (
    intake,
    diagnosis,
    evidence,
    no_line,
    contradiction,
    channels,
    refusal,
    fleet,
    machine,
    jobs,
    quota,
    models,
    service,
    elsewhere,
    absent,
    key,
)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_view(open_page: OpenPage, watch: Watch, screenshots: Path | None, view: View) -> None:
    """Opened on a phone, and then widened."""
    watch.expected = ("Failed to load resource",)
    page = open_page(viewport=NARROW)
    view(page)
    page.evaluate(Axe().axe_script)
    for width, screen in SCREENS.items():
        page.set_viewport_size({"width": screen["width"], "height": screen["height"]})
        page.evaluate("scrollTo(0, 0)")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-theme", scheme)
            settle(page)
            name = view.__name__
            if screenshots:
                page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=name != "key")
            assert overflowing(page) == []
            assert serious_violations(page, of_colours=scheme != SCHEMES[0]) == []


def settle(page: Page) -> None:
    """Wait until what has an end has come to it: axe would look at colours on their way."""
    painted(page)
    page.wait_for_function(
        """() => document.getAnimations().every((one) =>
            one.playState === "finished" || one.effect.getComputedTiming().endTime === Infinity)"""
    )


def serious_violations(page: Page, *, of_colours: bool) -> list[str]:
    """What axe calls serious or worse, with where it is; by all of its rules, or by those that look at colours."""
    alone = {"runOnly": {"type": "rule", "values": RULES_OF_COLOURS}} if of_colours else {}
    found = page.evaluate("(options) => axe.run(options)", {"resultTypes": ["violations"], **alone})["violations"]
    return [
        f"{one['id']}: {one['help']}: {node['target']}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


def test_the_theme_is_the_systems_until_it_is_chosen(open_page: OpenPage) -> None:
    page = open_page(scheme="dark")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Change to dark colours").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")


def test_all_of_it_is_reached_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Choose a file")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Healthy")).to_be_focused()
    page.keyboard.press("Enter")
    expect_class(page, "Healthy")


# Every answer takes longer than what the browser takes for the moments after an input.
LATE = """() => {
    const now = window.fetch;
    window.fetch = async (...call) => {
        await new Promise((resolve) => setTimeout(resolve, 700));
        return now(...call);
    };
}"""
SHIFTS = """() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: "layout-shift" });
}"""
# What the web calls good is below. Source: web.dev, "Cumulative Layout Shift (CLS)".
MOST_SHIFT = 0.1


def test_nothing_jumps_while_a_recording_is_read(open_page: OpenPage) -> None:
    """Cumulative layout shift after the click, as the browser counts it without the moments after an input."""
    page = open_page()
    page.evaluate(SHIFTS)
    page.get_by_role("button", name="Oil whirl").click()
    expect_class(page, "Oil whirl")
    expect(page.locator(".strip rect")).to_have_count(2)
    painted(page)
    assert page.evaluate("window.shifted") < MOST_SHIFT


@pytest.mark.parametrize(
    ("route", "there"), [("#/jobs", ".job"), ("#/fleet", ".asset"), ("#/fleet/pump-7", ".chart canvas")]
)
def test_nothing_jumps_when_answers_come_late(open_page: OpenPage, route: str, there: str) -> None:
    page = open_page()
    page.evaluate(SHIFTS)
    fake_fleet(page)
    FakeJobs(STATES).install(page)
    page.evaluate(LATE)
    page.evaluate("(route) => { location.hash = route }", route)
    expect(page.locator(".waiting:visible").first).to_be_visible()
    expect(page.locator(there).first).to_be_visible()
    painted(page)
    assert page.evaluate("window.shifted") < MOST_SHIFT


def test_a_job_is_submitted_and_read_with_the_keyboard(open_page: OpenPage) -> None:
    page, fake = open_page(), FakeJobs(STATES)
    fake.install(page)
    page.get_by_role("link", name="Jobs").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".job")).to_have_count(8)
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Refresh")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Choose recordings")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Cancel").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Hide results")).to_be_focused()
    expect(page.locator("tbody tr")).to_have_count(48)
