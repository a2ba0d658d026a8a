"""The table of recordings' MATLAB files, held against the command line's reader."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from build_scripts.palier_cli.readers.reader import FileReader
from functions.core.decoding.formats import MATLAB
from functions.core.errors import PalierError
from tests.support.recording_cases import FILE

CASES = [one for one in json.loads(FILE.read_text(encoding="utf-8")) if one["format"] == MATLAB.name]


@pytest.fixture(scope="module")
def reader() -> Iterator[FileReader]:
    with FileReader() as one:
        yield one


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_case_is_read_or_refused_as_the_table_has_it(
    reader: FileReader, tmp_path: Path, case: dict[str, Any]
) -> None:
    path = tmp_path / "a.mat"
    path.write_bytes(base64.b64decode(case["base64"]))
    if "refused" in case:
        with pytest.raises(PalierError) as refusal:
            reader.read(path, "matlab")
        assert refusal.value.code == case["refused"]["code"]
        assert case["refused"]["words"] in refusal.value.message
        return
    recording, wanted = reader.read(path, "matlab"), case["expected"]
    np.testing.assert_array_equal(recording.samples, np.array(wanted["samples"], np.float32))
    assert recording.sample_rate_hz == wanted["sample_rate_hz"]
    assert list(recording.channel_names) == wanted["channel_names"]
    assert recording.unit == wanted["unit"]
    assert list(recording.channel_units) == wanted.get("channel_units", [])
    assert recording.shaft_speed_rpm == wanted.get("shaft_speed_rpm")
