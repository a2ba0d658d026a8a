"""Every kind of file, dropped: the right class comes out."""

import io
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from scipy.io import savemat

from functions.core.decoding.formats import FORMATS, ServedFormat
from tests.browser.files import (
    FULL_SCALE_G,
    as_csv,
    as_german_csv,
    as_mat,
    as_mat73,
    as_npy,
    as_wav24,
    example,
)
from tests.browser.watching import OpenPage, Watch, choose, drop, expect_class, give
from tests.support.recordings import npy_bytes, wav_bytes

WHIRL = example("oil_whirl")
INT16 = (WHIRL / 4 * 32768).astype("<i2").tobytes()


DROPPED = {
    "csv": ("a.csv", as_csv(WHIRL), "CSV · 2 MB · 1 channel · 102 400 samples · 20 480 Hz · 5 s"),
    "npy": ("a.npy", npy_bytes(WHIRL), "NumPy, f4 · 410 kB · 1 channel · 102 400 samples"),
    "mat-6": (
        "a.mat",
        as_mat(WHIRL, compressed=False),
        "MATLAB 5 · 820 kB · 1 channel · 102 400 samples · 20 480 Hz · 5 s",
    ),
    "mat-7": ("a.mat", as_mat(WHIRL, compressed=True), "MATLAB 5 · "),
    "raw": ("a.f32", WHIRL.tobytes(), "Raw, float 32 bit · 410 kB · 1 channel · 102 400 samples"),
    "wav-float": (
        "a.WAV",
        wav_bytes(WHIRL, 20480),
        "WAV, 32 bit float · 410 kB · 1 channel · 102 400 samples · 20 480 Hz · 5 s",
    ),
}


def test_a_file_of_every_format_is_dropped() -> None:
    endings = {Path(name).suffix.lower() for name, _, _ in DROPPED.values()}
    assert [one.name for one in FORMATS if one.is_read_by_page and endings.isdisjoint(one.endings)] == []


@pytest.mark.parametrize(("name", "content", "said"), DROPPED.values(), ids=DROPPED)
def test_a_dropped_file_is_diagnosed(open_page: OpenPage, name: str, content: bytes, said: str) -> None:
    page = open_page()
    drop(page, name, content)
    expect_class(page, "Oil whirl")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator(".file .small")).to_contain_text(said)


def test_matlab_7_3_is_read_too(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    drop(page, "a.mat", as_mat73(WHIRL, tmp_path / "a.mat"))
    expect_class(page, "Oil whirl")
    expect(page.locator(".file .small")).to_contain_text("MATLAB 7.3")
    expect(page.get_by_label("Sampling rate")).to_have_value("20480")


def test_a_struct_of_a_data_set_is_read(open_page: OpenPage) -> None:
    """Its rate and shaft speed are fields beside the signal, its name is its path."""
    page = open_page()
    stream = io.BytesIO()
    content = {"bearing": {"gs": WHIRL, "sr": 20480, "rate": 64.4, "load": 270}, "short": WHIRL[:300]}
    savemat(stream, content)  # type: ignore[arg-type]
    drop(page, "struct.mat", stream.getvalue())
    expect(page.get_by_text("Which of 2 channels?")).to_be_visible()
    page.get_by_role("button", name="bearing.gs").click()
    expect_class(page, "Oil whirl")
    expect(page.get_by_label("Sampling rate")).to_have_value("20480")
    expect(page.get_by_label("Revolutions")).to_have_value("3864")


def test_a_name_without_an_ending_is_read_by_its_content(open_page: OpenPage) -> None:
    """As run-to-failure data sets call their files."""
    page = open_page()
    drop(page, "2004.02.12.10.32.39", as_csv(WHIRL))
    expect_class(page, "Oil whirl")
    drop(page, "recording", wav_bytes(WHIRL, 20480))
    expect_class(page, "Oil whirl")
    expect(page.locator(".file .small")).to_contain_text("WAV, 32 bit float")


def test_flac_is_unpacked_by_the_service(open_page: OpenPage) -> None:
    page = open_page()
    counts = np.round(WHIRL / FULL_SCALE_G * 32767).astype(np.int16)
    drop(page, "a.flac", wav_bytes(counts, 20480, "PCM_16", format="FLAC"))
    give(page, "Full scale", f"{FULL_SCALE_G:g}")
    expect(page.get_by_text("a .flac is unpacked by the service")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("Oil whirl")
    expect(page.get_by_text("Answered by journal-bearing version 2. Sample rate 20 480 Hz.")).to_be_visible()


def test_of_several_channels_none_is_taken_before_it_is_chosen(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "a.npy", as_npy(WHIRL))
    expect(page.locator(".file .small")).to_contain_text("NumPy, f8 · 1.64 MB · 2 channels · 102 400 samples")
    expect(page.get_by_text("Which of 2 channels?")).to_be_visible()
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Oil whirl")
    expect(page.get_by_text("(worst)")).to_have_count(1)
    rows.first.get_by_role("button", name="Look at it").click()
    expect_class(page, "Oil whirl")
    expect(page.get_by_text("Sample rate assumed: 20 480 Hz")).to_be_visible()
    choose(page, "Channel", "All, side by side")
    expect(page.get_by_text("Which of 2 channels?")).to_be_visible()


def test_what_the_page_does_not_read_the_service_reads(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "logger.csv", b"# logger 7\n" + as_csv(WHIRL))
    expect(page.get_by_text("Read by the service")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("Oil whirl")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.wav", wav_bytes(WHIRL[:0], 20480), "The signal"),
        ("a.csv", b"", "The request body is empty: send a recording."),
    ],
    ids=["a WAV without samples", "an empty file"],
)
def test_what_cannot_be_diagnosed_has_the_service_s_sentence(
    open_page: OpenPage, watch: Watch, name: str, content: bytes, sentence: str
) -> None:
    watch.expected = ("status of 422", "status of 400")
    page = open_page()
    drop(page, name, content)
    expect(page.get_by_role("alert")).to_contain_text(sentence)


def test_a_file_that_does_not_say_all_is_asked_about(open_page: OpenPage, watch: Watch) -> None:
    """Integers without a scale, and two channels of which one is silent."""
    watch.expected = ("status of 422",)
    page = open_page()
    drop(page, "a.wav", as_wav24(WHIRL))
    give(page, "Full scale", f"{FULL_SCALE_G:g}")
    expect(page.get_by_text("Channel 1 is not diagnosed: The signal is constant")).to_be_visible()
    choose(page, "Channel", "Channel 0 (102 400 samples)")
    expect_class(page, "Oil whirl")
    choose(page, "Channel", "Channel 1 (102 400 samples)")
    expect(page.get_by_role("alert")).to_contain_text("This cannot be diagnosed")


def test_samples_of_another_type_are_chosen(open_page: OpenPage, watch: Watch) -> None:
    """As floats these are absurd, and nobody reads them so."""
    watch.expected = ("status of 400",)
    page = open_page()
    drop(page, "a.raw", INT16)
    expect(page.get_by_role("alert")).to_contain_text("sample_format")
    choose(page, "Sample type", "integer 16 bit")
    give(page, "Full scale", "4")
    expect_class(page, "Oil whirl")


def test_decimal_commas_are_read(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "a.csv", as_german_csv(WHIRL))
    expect(page.locator(".file .small")).to_contain_text("1 channel ·")
    expect_class(page, "Oil whirl")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("170.mat", "Inner race fault, 0.014 inch"),
        ("OR007@6_1.csv", "Outer race fault, 0.007 inch"),
        ("B021_1_DE.wav", "Ball fault, 0.021 inch"),
        ("Normal_0_DE.npy", "Normal"),
    ],
)
def test_real_recordings_of_a_rolling_bearing(open_page: OpenPage, samples_dir: Path, name: str, label: str) -> None:
    page = open_page()
    drop(page, name, (samples_dir / name).read_bytes())
    choose(page, "Model", "rolling-bearing")
    give(page, "Sampling rate", "12000")
    expect(page.locator(".file .small")).to_contain_text("channel")
    if page.get_by_text("channels?").is_visible():
        page.get_by_role("button", name="Look at it").first.click()
    expect_class(page, label)


@pytest.mark.parametrize(
    "name",
    [
        "Healthy",
        "Misalignment",
        "Imbalance",
        "Bearing clearance",
        "Lubrication deficiency",
        "Cavitation",
        "Wear",
        "Oil whirl",
        "Misalignment + imbalance",
        "Wear + lubrication",
        "Cavitation + clearance",
    ],
)
def test_an_example_is_one_click_away(open_page: OpenPage, name: str) -> None:
    page = open_page()
    page.get_by_role("button", name=name, exact=True).click()
    expect_class(page, name)


ENDINGS = sorted(one.endings[0] for one in FORMATS if one.is_read_by_page or isinstance(one, ServedFormat))
WHOLE = {
    ".bin": WHIRL.tobytes(),
    ".csv": as_csv(WHIRL),
    ".flac": wav_bytes(WHIRL, 20480, "PCM_16", format="FLAC"),
    ".mat": as_mat(WHIRL, compressed=True),
    ".npy": npy_bytes(WHIRL),
    ".wav": wav_bytes(WHIRL, 20480),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file_and_a_cut_one_end_in_a_sentence_or_a_diagnosis(
    open_page: OpenPage, watch: Watch, ending: str
) -> None:
    watch.expected = ("status of 4",)
    page = open_page()
    whole = WHOLE[ending]
    for content in (b"", whole[:3], whole[: len(whole) // 3], whole[:-1]):
        drop(page, f"{len(content)}{ending}", content)
        expect(page.get_by_role("heading", name=f"{len(content)}{ending}")).to_be_visible()
        expect(page.locator(".results")).to_have_attribute("aria-busy", "false")
        expect(page.locator(".waiting")).to_have_count(0)
        shown = (
            page.locator(".results")
            .get_by_role("alert")
            .or_(page.locator(".verdict, section[aria-labelledby=channels]"))
        )
        expect(shown.first).to_be_visible()


def test_a_rate_that_contradicts_the_file_is_not_taken(open_page: OpenPage) -> None:
    page = open_page()
    asked: list[str] = []
    drop(page, "a.wav", wav_bytes(WHIRL, 20480))
    expect_class(page, "Oil whirl")
    expect(page.locator(".verdict-foot")).to_contain_text("(of the file)")
    page.on("request", lambda request: asked.append(request.url))
    give(page, "Sampling rate", "12000")
    expect(page.get_by_role("alert")).to_contain_text("The file states 20 480 Hz, and 12 000 Hz is given beside.")
    assert asked == []
    page.get_by_role("button", name="Take the file's").click()
    expect_class(page, "Oil whirl")


def test_the_unit_of_the_file_is_sent_and_another_is_not_taken(open_page: OpenPage) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    stream = io.BytesIO()
    content = {"acc": {"v": WHIRL * 980.665, "fs": 20480, "unit": "cm/s^2"}}
    savemat(stream, content)  # type: ignore[arg-type]
    drop(page, "a.mat", stream.getvalue())
    expect_class(page, "Oil whirl")
    expect(page.locator(".verdict-foot")).to_contain_text("m/s²")
    expect(page.get_by_label("Unit")).to_contain_text("m/s² (the file's)")
    expect(page.locator(".panel.file")).to_contain_text("cm/s^2 read as m/s²")
    assert [url.count("unit=m%2Fs2") for url in asked if "/predict" in url] == [1, 1]
    page.get_by_label("Unit").select_option("g")
    expect(page.get_by_role("alert")).to_contain_text("The file states m/s², and g is given beside.")


def test_a_unit_that_no_option_takes_is_named(open_page: OpenPage) -> None:
    page = open_page()
    drop(page, "a.csv", ("x [V]\n" + "".join(f"{one:.6f}\n" for one in WHIRL.tolist())).encode())
    expect_class(page, "Oil whirl")
    expect(page.locator(".verdict-foot")).to_contain_text(
        "The samples are in V and the model takes g: they reached it as they are, and its answer may be wrong."
    )


def test_channels_of_several_units_are_each_diagnosed_in_their_own(open_page: OpenPage) -> None:
    page = open_page()
    head, rows = "x (g),y (m/s2)\n", "".join(f"{one:.6f},{9.80665 * one:.6f}\n" for one in WHIRL.tolist())
    drop(page, "a.csv", (head + rows).encode())
    table = page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(3)
    assert [table.get_by_role("row").nth(row).inner_text().count("m/s²") for row in (1, 2)] == [0, 1]
    assert [table.get_by_role("row").nth(row).inner_text().count("Oil whirl") for row in (1, 2)] == [1, 1]
