"""The table of recordings as people have them, held against the service's readers."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from functions.core.decoding.formats import SERVED_FORMATS, decode_file
from functions.core.decoding.json_body import decode_json
from functions.core.errors import PalierError
from functions.core.models.options import DiagnosisOptions
from functions.core.preprocessing.signal import Recording
from tests.support.recording_cases import FILE, cases

CASES = json.loads(FILE.read_text(encoding="utf-8"))
MEDIA_TYPES = {one.name: one.media_type for one in SERVED_FORMATS}


def test_the_table_is_as_it_is_written() -> None:
    assert cases() == CASES


def test_a_name_means_one_case() -> None:
    names = [(case["format"], case["name"]) for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['format']}: {case['name']}")
def test_every_case_is_read_or_refused_as_the_table_has_it(case: dict[str, Any]) -> None:
    body = case["text"].encode() if "text" in case else base64.b64decode(case["base64"])
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


def read(kind: str, body: bytes, options: dict[str, Any]) -> Recording:
    """Read a body as the service does."""
    if kind == "json":
        return decode_json(body).recordings[0]
    return decode_file(body, MEDIA_TYPES[kind], DiagnosisOptions.parse(options))
