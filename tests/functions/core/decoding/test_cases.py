"""The service's readers, over the table of recordings as people have them."""

import base64
import json
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.decoding.formats import MATLAB, SERVED_FORMATS, decode_file
from functions.core.decoding.json_body import decode_json
from functions.core.errors import PalierError
from functions.core.models.options import DiagnosisOptions
from functions.core.preprocessing.signal import Recording
from tests.support.costs import FIXED_BYTES, peak_bytes
from tests.support.recording_cases import FILE, cases

WRITTEN = json.loads(FILE.read_text(encoding="utf-8"))
CASES = [case for case in WRITTEN if case["format"] != MATLAB.name]
MEDIA_TYPES = {one.name: one.media_type for one in SERVED_FORMATS}


def test_the_table_is_as_it_is_written() -> None:
    assert cases() == WRITTEN


def test_a_name_means_one_case() -> None:
    names = [(case["format"], case["name"]) for case in WRITTEN]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['format']}: {case['name']}")
def test_every_case_is_read_or_refused_as_the_table_has_it(case: dict[str, Any]) -> None:
    body = bytes_of(case)
    if "refused" in case:
        with pytest.raises(PalierError) as refusal:
            read(case["format"], body, case["options"])
        assert refusal.value.code == case["refused"]["code"]
        assert case["refused"]["words"] in refusal.value.message
        assert refusal.value.status in (400, 422)
        assert refusal.value.field
        return
    recording, wanted = read(case["format"], body, case["options"]), case["expected"]
    np.testing.assert_array_equal(recording.samples, np.array(wanted["samples"], np.float32))
    assert recording.sample_rate_hz == wanted["sample_rate_hz"]
    assert list(recording.channel_names) == wanted["channel_names"]
    assert recording.unit == wanted["unit"]
    assert list(recording.channel_units) == wanted.get("channel_units", [])


@given(st.sampled_from(CASES), st.data())
def test_a_case_that_was_broken_is_read_or_refused_with_no_more_memory_than_it_is_worth(
    case: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever else a reader raised would be a 500."""
    body = bytes_of(case)
    at, length = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 40))
    noise = data.draw(
        st.one_of(st.binary(max_size=20), st.sampled_from([b",", b"\n", b";;", b'"', b"e", b"\xff\xff", b"0" * 50]))
    )
    broken = body[:at] + noise + body[at + length :]
    assert peak_bytes(lambda: read(case["format"], broken, case["options"])) < 100 * len(broken) + FIXED_BYTES


@pytest.mark.parametrize("case", [one for one in CASES if "expected" in one], ids=lambda case: case["name"])
def test_a_case_may_end_anywhere(case: dict[str, Any]) -> None:
    body = bytes_of(case)
    for end in range(1, len(body), max(1, len(body) // 12)):
        with suppress(PalierError):
            read(case["format"], body[:end], case["options"])


def bytes_of(case: dict[str, Any]) -> bytes:
    """The content of a case."""
    return case["text"].encode() if "text" in case else base64.b64decode(case["base64"])


def read(kind: str, body: bytes, options: dict[str, Any]) -> Recording:
    """Read a body as the service does."""
    if kind == "json":
        return decode_json(body).recordings[0]
    return decode_file(body, MEDIA_TYPES[kind], DiagnosisOptions.parse(options))
