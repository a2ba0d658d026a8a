"""The machine of a recording: asked for once, sent, remembered; what its lines show."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.fake_api import refuse
from tests.browser.watching import TIMES, VERDICT, OpenPage, Watch, choose, drop, expect_class, give
from tests.support.bearings import OUTER, QUIET, SPEED_RPM
from tests.support.bearings import damaged as recording


def queries(page: Page) -> list[dict[str, str]]:
    """What the page asks POST /predict with from now on, as names and values."""
    asked: list[dict[str, str]] = []

    def hear(request: Request) -> None:
        url = urlsplit(request.url)
        if url.path.endswith("/predict"):
            asked.append({name: value for name, (value,) in parse_qs(url.query).items()})

    page.on("request", hear)
    return asked


def wait_for_query(page: Page, asked: list[dict[str, str]], expected: dict[str, str]) -> None:
    """Wait until what the page asked last is what it should be: it asks when it has rendered what was stated."""
    tries = 0
    while asked[-1:] != [expected]:
        assert tries < 600, asked
        page.wait_for_timeout(100)
        tries += 1


def state(page: Page, bearing: str = "6205") -> None:
    """State the machine."""
    give(page, "Revolutions", f"{SPEED_RPM:g}")
    give(page, "Designation", bearing)


def settled(page: Page) -> None:
    expect(page.locator(".verdict")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".results .chart canvas")).to_have_count(4)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


def test_a_faulty_bearing_is_found_on_a_machine_that_no_model_saw(page: Page) -> None:
    asked = queries(page)
    drop(page, "fan.wav", recording(OUTER))
    state(page)
    expect_class(page, "Outer race fault")
    expect(page.locator(".verdict-foot")).to_contain_text("Answered by any-bearing")
    expect(page.locator(".verdict-text")).to_contain_text(
        re.compile(r"Lines of BPFO up to \d\d(\.\d)?\sdB above the floor")
    )
    assert asked[-1] == {"sample_rate_hz": "12000", "shaft_speed_rpm": "1797", "bearing": "6205"}
    row = page.locator(".evidence").get_by_role("row", name="BPFO")
    for text in (f"3.585{TIMES}", "outer race fault", f"6{TIMES}"):
        expect(row).to_contain_text(text)
    expect(page.locator(".evidence tbody tr")).to_have_count(4)
    marks = page.get_by_role("group", name="Lines marked").get_by_role("button")
    assert [one.get_attribute("aria-pressed") for one in marks.all()] == ["true", "false", "false", "false"]
    marks.nth(1).click()
    expect(marks.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Whitened")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Of a band").click()
    expect(page.get_by_label("Band from")).to_have_value("2400")


def test_where_no_line_is_visible_health_is_not_promised(page: Page) -> None:
    drop(page, "fan.wav", recording(QUIET))
    state(page)
    expect(page.locator(VERDICT)).to_have_text("No line of this bearing is visible")
    expect(page.locator(".verdict-text")).to_contain_text("it may be well, or have a fault that leaves none")
    marks = page.get_by_role("group", name="Lines marked").get_by_role("button")
    assert [one.get_attribute("aria-pressed") for one in marks.all()] == ["true"] * 4


def test_a_class_that_the_lines_contradict_is_no_headline(page: Page) -> None:
    drop(page, "fan.wav", recording(OUTER))
    state(page)
    choose(page, "Model", "rolling-bearing")
    expect(page.locator(VERDICT)).to_have_text("Lines of an outer race fault, and the model disagrees")
    text = page.locator(".verdict-text")
    expect(text).to_contain_text("Known: lines of BPFO")
    expect(text).to_contain_text("Not known: what is wrong, for the lines contradict what the model sees.")
    expect(text.locator("strong", has_text="%")).to_have_count(0)


def test_a_machine_is_asked_for_once_and_remembered(page: Page) -> None:
    drop(page, "a.wav", recording(OUTER))
    give(page, "Name", "fan-3")
    state(page)
    for label, option in (("Unit", "g"), ("Power", "1"), ("Foundation", "rigid")):
        page.get_by_label(label, exact=True).select_option(option)
    expect_class(page, "Outer race fault")
    page.reload()
    asked = queries(page)
    drop(page, "other.wav", recording(QUIET))
    settled(page)
    assert asked[-1] == {"sample_rate_hz": "12000"}
    # Its name tells whose recording it is.
    drop(page, "fan-3 Monday.wav", recording(OUTER))
    expect_class(page, "Outer race fault")
    expect(page.get_by_label("Name", exact=True)).to_have_value("fan-3")
    expect(page.get_by_label("Designation")).to_have_value("6205")
    machine = {"unit": "g", "machine_group": "1", "foundation": "rigid"}
    bearing = {"shaft_speed_rpm": "1797", "bearing": "6205"}
    assert asked[-1] == {"sample_rate_hz": "12000", **machine, **bearing}
    page.get_by_role("button", name="Forget fan-3").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    assert page.evaluate("localStorage.getItem('palier-machines')") == "[]"


def test_the_speed_of_an_example_or_a_file_is_not_that_of_the_next(page: Page) -> None:
    page.get_by_role("button", name="Oil whirl").click()
    expect_class(page, "Oil whirl")
    expect(page.locator(".evidence").get_by_role("row", name="WHIRL")).to_contain_text("oil whirl")
    asked = queries(page)
    drop(page, "mine.wav", recording(QUIET))
    settled(page)
    assert asked[-1] == {"sample_rate_hz": "12000"}
    expect(page.get_by_label("Shaft speed")).to_have_value("")


def test_a_bearing_by_its_orders_and_by_its_geometry(page: Page) -> None:
    asked = queries(page)
    drop(page, "fan.wav", recording(OUTER))
    give(page, "Revolutions", "1797")
    choose(page, "Rolling bearing by its", "Orders")
    give(page, "BPFO", "3.585")
    settled(page)
    # Half a statement is not sent.
    assert "bpfo_order" not in asked[-1]
    give(page, "BPFI", "5.415")
    expect_class(page, "Outer race fault")
    assert {name: asked[-1][name] for name in asked[-1] if "order" in name} == {
        "bpfo_order": "3.585",
        "bpfi_order": "5.415",
    }
    choose(page, "Rolling bearing by its", "Geometry")
    for label, value in (("Balls or rollers", "9"), ("Pitch diameter", "39.04"), ("Their diameter", "7.94")):
        give(page, label, value)
    expect(page.locator(".evidence").get_by_role("row", name="BPFO")).to_contain_text(f"3.585{TIMES}")
    geometry = {"rolling_elements": "9", "element_diameter": "7.94", "pitch_diameter": "39.04"}
    wait_for_query(page, asked, {"sample_rate_hz": "12000", "shaft_speed_rpm": "1797", **geometry})
    expect_class(page, "Outer race fault")


def test_the_list_of_bearings_is_the_service_s(page: Page, watch: Watch) -> None:
    watch.expected = ("status of 422",)
    drop(page, "fan.wav", recording(OUTER))
    give(page, "Revolutions", "1797")
    field = page.get_by_label("Designation")
    field.focus()
    options = page.locator(f"datalist#{field.get_attribute('list')} option")
    expect(options.filter(has_text="deep groove ball, 9 elements").first).to_be_attached()
    give(page, "Designation", "NSK 6205")
    expect(page.get_by_text(f"deep groove ball, 9 elements; BPFO 3.577{TIMES}")).to_be_visible()
    # What is not in the list by its name is the service's to find.
    give(page, "Designation", "SKF 6205-2RS1/C3")
    expect(page.locator(".evidence").get_by_role("row", name="BPFO")).to_contain_text(f"3.585{TIMES}")
    give(page, "Designation", "6299")
    expect(page.get_by_role("alert")).to_contain_text("There is no bearing '6299' in the catalogue (near it: ")


def test_conditions_of_a_model_are_asked_for(page: Page, watch: Watch) -> None:
    """A user's own model takes a load; the answer is made up here."""
    watch.expected = ("status of 422",)
    load = {"name": "load_hp", "unit": "hp", "minimum": 0.0, "maximum": 3.0, "required": True, "default": None}

    def answer(route: Route) -> None:
        response = route.fetch()
        document = response.json()
        next(one for one in document["models"] if one["is_default"])["input"]["conditions"] = [load]
        route.fulfill(response=response, json=document)

    page.route("**/models", answer)
    page.route("**/predict?*", lambda route: refuse(route, 422, "condition_missing", "The model takes load_hp."))
    page.reload()
    asked = queries(page)
    drop(page, "fan.wav", recording(QUIET))
    expect(page.get_by_role("alert")).to_contain_text("The model takes load_hp.")
    give(page, "load_hp", "0")
    wait_for_query(page, asked, {"sample_rate_hz": "12000", "conditions.load_hp": "0"})


def test_several_channels_are_distinguished_by_their_lines(page: Page) -> None:
    asked = queries(page)
    drop(page, "pair.wav", recording(QUIET, OUTER))
    state(page)
    choose(page, "Unit", "g")
    rows = page.locator("section[aria-labelledby=channels] tbody tr")
    expect(rows.nth(1)).to_contain_text(re.compile(r"BPFO \d\d(\.\d)?\sdB: outer race fault"))
    expect(rows.nth(1)).to_contain_text("(worst)")
    expect(rows.nth(1)).to_contain_text("Lines agree")
    expect(rows.nth(0)).to_contain_text("No line of this bearing is visible")
    expect(rows.nth(0)).to_contain_text("mm/s")
    assert asked[-1] == {
        "sample_rate_hz": "12000",
        "shaft_speed_rpm": "1797",
        "bearing": "6205",
        "unit": "g",
        "channel": "all",
    }
    choose(page, "Power", "Above 300 kW")
    choose(page, "Foundation", "Rigid")
    expect(rows.nth(1)).to_contain_text("Zone A")
