"""The fleet and a machine over time, of more nights than a test has; test_jobs.py makes some for true."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from playwright.sync_api import expect

from tests.browser.fake_api import HEALTHY, WEAR, asset, entry, fake_fleet, fixed, refuse
from tests.browser.watching import OpenPage, Watch, go


def test_the_fleet_shows_the_worst_first_and_a_machines_trend(open_page: OpenPage) -> None:
    page = open_page()
    queries = fake_fleet(page)
    go(page, "Fleet")
    expect(page.locator(".asset-name")).to_have_text(
        ["pump-7", "turbine-1.bearing-3", "compressor-4", "fan-2", "pump-8"]
    )
    expect(page.locator(".asset .pill")).to_have_text(["fault", "fault", "not settled", "healthy", "healthy"])
    expect(page.get_by_text("5 machines, 2 with a fault")).to_be_visible()
    expect(page.locator(".asset", has_text="pump-8")).to_contain_text("newest 20 Nov 2026, 03:00: Wear")
    page.get_by_role("link", name="pump-7").click()
    condition = page.get_by_role("region", name="Condition")
    expect(condition.get_by_role("heading", name="Oil whirl")).to_be_visible()
    expect(condition).to_contain_text("Fault since 15 Nov 2026, 06:00")
    expect(page.locator(".changes li")).to_have_count(1)
    for title in ("Condition", "RMS", "Kurtosis", "Crest factor", "Confidence", "Novelty"):
        expect(page.get_by_label(re.compile(f"^{title} over time, now "))).to_be_visible()
    assert page.url.endswith("#/fleet/pump-7")
    page.get_by_role("link", name="Fleet", exact=True).first.click()
    expect(page.locator(".asset")).to_have_count(5)
    assert queries == ["limit=1000"]


def test_a_long_history_comes_in_pages_and_of_a_range_of_time(open_page: OpenPage) -> None:
    page = open_page()
    queries = fake_fleet(page)
    go(page, "Fleet")
    page.get_by_role("link", name="pump-7").click()
    expect(page.get_by_text("The newest 40 diagnoses are shown.")).to_be_visible()
    page.get_by_role("button", name="Show older ones").click()
    expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)
    assert queries == ["limit=1000", "limit=1000", "limit=1000&cursor=older%231"]
    page.get_by_role("button", name="30 days").click()
    expect(page.get_by_role("button", name="30 days")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Show older ones")).to_be_visible()
    query = parse_qs(queries[-1])
    age = datetime.now(UTC) - datetime.fromisoformat(query["from"][0])
    assert timedelta(days=29, hours=23) < age < timedelta(days=30, minutes=5)


def test_a_machine_that_is_not_known_is_said(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ("status of 404",)
    page = open_page()
    fake_fleet(page)
    sentence = "There is no diagnosis of an asset 'pump-9'."
    page.route("**/assets/*/history*", lambda route: refuse(route, 404, "asset_not_found", sentence))
    page.goto(page.url + "#/fleet/pump-9")
    expect(page.get_by_role("alert")).to_contain_text("Not there")
    expect(page.get_by_role("alert")).to_contain_text(sentence)


def test_a_diagnosis_of_a_strange_recording_is_marked(open_page: OpenPage) -> None:
    page = open_page()
    fake_fleet(page)
    points = [entry(1, WEAR, 1.0) | {"in_distribution": False}, entry(7, HEALTHY, 0.0)]
    history = {"asset": asset("pump-7", "fault", 2, 1), "history": points, "next_cursor": None}
    page.route("**/assets/*/history*", fixed(history))
    page.goto(page.url + "#/fleet/pump-7")
    expect(page.get_by_role("region", name="Condition")).to_contain_text("confidence, unlike the training data")
    expect(page.locator(".changes li")).to_contain_text(", unlike the training data")


def test_an_empty_fleet_says_how_it_is_filled(open_page: OpenPage) -> None:
    page = open_page()
    page.route("**/assets?*", fixed({"assets": [], "next_cursor": None}))
    go(page, "Fleet")
    expect(page.get_by_text("No machine yet")).to_be_visible()


def test_of_many_machines_one_is_found(open_page: OpenPage) -> None:
    page = open_page()
    many = [asset(f"pump-{n}", "healthy", 5, 1) for n in range(14)]
    page.route("**/assets?*", fixed({"assets": many, "next_cursor": None}))
    go(page, "Fleet")
    page.get_by_label("Find a machine").fill("PUMP-13")
    expect(page.locator(".asset-name")).to_have_text(["pump-13"])
    page.get_by_label("Find a machine").fill("fan")
    expect(page.get_by_text("No machine of this name")).to_be_visible()
