"""Events by name or from a file; a placeholder becomes a recording."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from build_scripts.local.lambda_sandbox.events import EVENTS, read_event, read_example


@pytest.mark.parametrize("name", sorted(path.stem for path in EVENTS.glob("*.json")))
def test_an_event_has_a_name_or_a_file(name: str) -> None:
    assert read_event(name) == read_event(EVENTS / f"{name}.json")


def test_both_forms_hold_the_same_recording() -> None:
    samples = read_example("clearance.wav", 1.0)
    assert json.loads(read_event("diagnose_json")["body"])["signal"] == samples.tolist()
    assert base64.b64decode(read_event("diagnose_float32")["body"]) == samples.astype("<f4").tobytes()
    assert samples.dtype == np.float32


def test_an_event_without_a_placeholder_is_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"body": "text"}')
    assert read_event(tmp_path / "event.json") == {"body": "text"}
