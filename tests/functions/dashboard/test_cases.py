"""One set of rules in two languages: what the page reads itself is, sample by sample, what the service reads.

What the page does not read it sends as it is; then the service's rules are the only ones.
"""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from functions.core.decoding.formats import MATLAB
from functions.core.models.options import SampleFormat
from tests.support.recording_cases import FILE
from tests.support.waiting import SECONDS

RUNNER = Path(__file__).with_name("read_cases.mjs")
NODE = shutil.which("node")
PACKAGES = RUNNER.parents[3] / "functions" / "dashboard" / "web" / "node_modules" / "jsfive"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
# The options that the page has fields for; of a file that it reads it needs no other.
ASKED = {"full_scale", "sample_format"}
# What it must go on reading: to hand everything over would agree with every table.
READ_HERE = {
    "delimited: a label that is no unit",
    "delimited: a unit of another quantity",
    "delimited: a unit of names in programs",
    "delimited: byte order mark",
    "delimited: carriage returns",
    "delimited: carriage returns alone",
    "delimited: index",
    "delimited: index from 1",
    "delimited: mixed line ends",
    "delimited: one column",
    "delimited: plus signs",
    "delimited: semicolons and decimal commas",
    "delimited: spaces",
    "delimited: tabs",
    "delimited: time in seconds",
    "delimited: two columns",
    "delimited: unit behind a slash",
    "delimited: unit behind a space",
    "delimited: unit in brackets behind a range",
    "delimited: unit in brackets",
    "delimited: units from peak to peak",
    "delimited: units of each column",
    "delimited: units that are multiples of served ones",
    "npy: [C, N]",
    "npy: [C, N] with counts",
    "npy: [C, N] with times",
    "npy: [N, 1]",
    "npy: [N, C]",
    "npy: [N, C] in Fortran's order",
    "npy: [N]",
    "raw: float32",
    "raw: float64",
    "raw: int16",
    "raw: int16 big-endian",
    "raw: int32",
    "wav: BW64",
    "wav: RF64",
    "wav: WAV",
    "wav: data size 0",
    "wav: data size unknown",
}

pytestmark = pytest.mark.skipif(NODE is None, reason="there is no Node.js to run the page's readers")


@cache
def outcomes() -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(NODE), str(RUNNER), str(FILE)], capture_output=True, text=True, check=True, timeout=SECONDS
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def name_of(case: dict[str, Any]) -> str:
    return f"{case['format']}: {case['name']}"


@pytest.mark.parametrize("place", range(len(CASES)), ids=[name_of(case) for case in CASES])
def test_the_page_reads_what_the_service_reads_or_leaves_it_to_it(place: int) -> None:
    case, found = CASES[place], outcomes()[place]
    if "unread" in found or not set(case["options"]) <= ASKED:
        return
    if "asks" in found or "refused" in found:
        # Of signals that differ in length or rate the command line asks which, as the page does.
        assert "refused" in case
        assert ("asks" in found) == case["refused"]["words"].startswith("Choose one of several signals")
        return
    assert "refused" not in case, found["channel_names"]
    wanted = case["expected"]
    np.testing.assert_array_equal(np.array(found["samples"], np.float32), np.array(wanted["samples"], np.float32))
    assert found["sample_rate_hz"] == wanted["sample_rate_hz"]
    unnamed = [f"Channel {index}" for index in range(len(wanted["samples"]))]
    # What has one name in its file is called by it here.
    if all(map(str.isdecimal, wanted["channel_names"])) and wanted["channel_names"]:
        assert [name.rpartition(" ")[2] for name in found["channel_names"]] == wanted["channel_names"]
    elif wanted["channel_names"] or case["format"] != MATLAB.name:
        assert found["channel_names"] == (wanted["channel_names"] or unnamed)
    assert found["units"] == (wanted.get("channel_units") or [wanted["unit"]] * len(wanted["samples"]))
    assert found.get("shaft_speed_rpm") == wanted.get("shaft_speed_rpm")


def test_what_the_page_reads_is_listed() -> None:
    read = {
        name_of(case)
        for case, found in zip(CASES, outcomes(), strict=True)
        if "samples" in found and set(case["options"]) <= ASKED
    }
    matlab = {name_of(case) for case in CASES if case["format"] == MATLAB.name and "expected" in case}
    assert read == READ_HERE | (matlab if PACKAGES.is_dir() else set())


def test_the_page_and_the_service_call_samples_alike() -> None:
    source = (RUNNER.parents[3] / "functions" / "dashboard" / "web" / "src" / "formats" / "kinds.js").read_text()
    named = re.findall(r'"((?:float|int)\d\d(?:be)?)"', source)
    assert sorted(named) == sorted(get_args(SampleFormat))


def test_a_broken_file_is_read_or_refused_by_a_sentence_of_the_reader_s_own() -> None:
    """Cut in twelve places, and with noise in thirty: none of them hangs."""
    command = [str(NODE), str(RUNNER.with_name("break_cases.mjs")), str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    found = json.loads(done.stdout)
    assert found["thrown"] == []
    assert found["tried"] > 43 * len(READ_HERE)
