"""The charts of a recording: what they show where, and that they can be moved."""

import re

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.files import RATE_HZ, as_mat, example
from tests.browser.watching import TIMES, OpenPage, Watch, chart_text, choose, drop, expect_class, give, painted
from tests.support.recordings import npy_bytes, wav_bytes

TIME_S = np.arange(5 * RATE_HZ) / RATE_HZ


def tone(*lines: tuple[float, float]) -> bytes:
    """A WAV of sines (Hz, amplitude in g) in a little noise."""
    noise = 0.02 * np.random.default_rng(3).standard_normal(len(TIME_S))
    signal = noise + sum(amplitude * np.sin(2 * np.pi * hz * TIME_S) for hz, amplitude in lines)
    return wav_bytes(signal.astype(np.float32), RATE_HZ)


def strongest(page: Page, title: str) -> tuple[float, float]:
    """Amplitude and frequency of the strongest line, as the chart says them."""
    found = re.search(r"strongest line is ([\d.]+) g at ([\d.]+) hertz", chart_text(page, title))
    assert found
    return float(found[1]), float(found[2])


def test_60_hz_show_at_60_hz(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "hum.wav", tone((60, 0.5), (180, 0.1)))
    expect(page.locator(".results .chart canvas")).to_have_count(4)
    amplitude, frequency = strongest(page, "Amplitude spectrum")
    assert abs(frequency - 60) < 0.05
    assert 0.49 < amplitude < 0.51
    page.get_by_text("Strongest lines").click()
    rows = page.locator(".lines tbody tr")
    expect(rows.nth(0)).to_contain_text("60")
    expect(rows.nth(1)).to_contain_text("180")
    rows.nth(0).get_by_role("button", name=f"Set 1{TIMES}").click()
    expect(page.get_by_label("Revolutions")).to_have_value(re.compile(r"^3(600|599\.\d+|600\.\d+)$"))
    expect(rows.nth(1)).to_contain_text(f"3{TIMES}")


def test_the_whirl_of_the_example_lies_in_its_band(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name="Oil whirl").click()
    expect_class(page, "Oil whirl")
    shaft_hz = float(page.get_by_label("Shaft speed").input_value())
    _, frequency = strongest(page, "Amplitude spectrum")
    assert 0.42 < frequency / shaft_hz < 0.48


def test_the_waveform_is_zoomed_moved_and_shown_whole_again(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "a.wav", tone((60, 0.5)))
    expect(page.locator(".results .chart canvas")).to_have_count(4)
    chart = page.locator(".chart").first
    whole = picture(page)
    pictures = [whole]
    chart.focus()
    for keys in ("++++++", ["ArrowRight"]):
        for key in keys:
            page.keyboard.press(key)
        pictures.append(picture(page, *pictures))
    page.keyboard.press("0")
    wait_for_picture(page, whole)
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + 300, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 60, steps=4)
    page.mouse.up()
    pictures.append(picture(page, *pictures))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    picture(page, *pictures)
    page.mouse.dblclick(box["x"] + 400, box["y"] + 60)
    wait_for_picture(page, whole)


PICTURE = "document.querySelector('.chart canvas').toDataURL()"


def picture(page: Page, *before: str) -> str:
    """The pixels of the waveform, once they are none of those before and painted in detail."""
    page.wait_for_function(f"(before) => !before.includes({PICTURE})", arg=list(before))
    painted(page)
    return str(page.evaluate(PICTURE))


def wait_for_picture(page: Page, expected: str) -> None:
    page.wait_for_function(f"(expected) => {PICTURE} === expected", arg=expected)


def test_a_long_recording_shows_what_it_is_when(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "night.wav", wav_bytes(np.concatenate([example("healthy"), example("oil_whirl")]), RATE_HZ))
    strip = page.locator(".strip")
    expect(strip.locator("rect")).to_have_count(10)
    titles = strip.locator("title").all_text_contents()
    assert [title.split(": ")[1].split(",")[0] for title in titles[5:]] == ["Oil whirl"] * 5
    assert all("Oil whirl" not in title for title in titles[:5])


def test_another_model_and_another_rate_are_asked(open_page: OpenPage) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if re.search(r"/predict($|\?)", request.url) else None)
    drop(page, "a.npy", npy_bytes(example("healthy")))
    expect_class(page, "Healthy")
    expect(page.get_by_text("Assumed: the model's own. The file does not say.")).to_be_visible()
    choose(page, "Model", "rolling-bearing")
    expect(page.locator(".verdict-foot")).to_contain_text("Answered by rolling-bearing version 1, int8")
    give(page, "Sampling rate", "10000")
    expect(page.locator(".verdict")).to_have_attribute("aria-busy", "false")
    queries = [url.partition("?")[2] for url in asked]
    # A rate that is assumed here is not stated as if it were known.
    assert queries[0] == ""
    assert queries[-1] == "sample_rate_hz=10000&model=rolling-bearing"


def test_a_file_is_not_overtaken_by_the_one_before(open_page: OpenPage) -> None:
    """Unpacking a compressed MATLAB file takes the browser a while; what was dropped last is what is shown."""
    page = open_page()
    slow = as_mat(np.concatenate([example("wear")] * 6), compressed=True)
    drop(page, "slow.mat", slow)
    drop(page, "fast.npy", npy_bytes(example("healthy")))
    expect_class(page, "Healthy")
    expect(page.get_by_role("heading", name="fast.npy")).to_be_visible()
    _, frequency = strongest(page, "Amplitude spectrum")
    assert chart_text(page, "Waveform").startswith("Waveform of 5 seconds")
    assert frequency > 0


def test_a_recording_too_long_for_one_request_is_asked_about_by_windows(open_page: OpenPage, watch: Watch) -> None:
    """The refusal is made up here; the windows are the real server's."""
    watch.expected = ("status of 413",)
    page = open_page()
    page.route(re.compile(r"/predict($|\?)"), lambda route: route.fulfill(status=413, body=""))
    drop(page, "night.npy", npy_bytes(np.tile(example("imbalance"), 12)))
    expect(page.get_by_role("alert")).to_contain_text("Too large for one request")
    expect(page.locator(".strip rect")).to_have_count(60)
    expect(page.locator(".legend")).to_contain_text("Imbalance")


def test_another_theme_keeps_what_is_shown(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name="Imbalance", exact=True).click()
    expect_class(page, "Imbalance")
    before = picture(page)
    page.emulate_media(color_scheme="dark")
    picture(page, before)
    page.emulate_media(color_scheme="light")
    wait_for_picture(page, before)


def test_what_was_measured_stands_beside_the_diagnosis(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "a.npy", npy_bytes(example("healthy")))
    figures = page.locator(".verdict-foot .figures")
    expect(figures).to_contain_text(re.compile(r"20\s480\sHz \(assumed\)"))
    expect(figures).not_to_contain_text("Velocity")
    for label, option in (("Unit", "g"), ("Power", "1"), ("Foundation", "rigid")):
        page.get_by_label(label, exact=True).select_option(option)
    expect(figures).to_contain_text("mm/s RMS")
    expect(figures).to_contain_text(re.compile("Zone [ABCD]"))
