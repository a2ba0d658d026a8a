"""JSON as Node-RED, InfluxDB, pandas and programs export it, read as the table that it is."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from build_scripts.palier_cli.files import json_table
from build_scripts.palier_cli.files.json_table import json_as_csv
from build_scripts.palier_cli.files.recordings import read_recording
from functions.core.errors import MalformedBodyError, RecordingTooLargeError
from functions.core.preprocessing.signal import Recording

X = [round(0.9 * float(np.sin(1.7 * k)), 3) for k in range(40)]
Y = [round(0.4 * float(np.cos(2.3 * k)), 3) for k in range(40)]
T = [k / 1000 for k in range(40)]


def read(tmp_path: Path, content: str | bytes, name: str = "a.json") -> Recording:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_recording(tmp_path / name)


@pytest.mark.parametrize(
    ("document", "samples", "rate", "names"),
    [
        ({"signal": X, "sample_rate_hz": 25600, "unit": "g"}, [X], 25600, ()),
        ({"signal": [X, Y]}, [X, Y], None, ()),
        (X, [X], None, ()),
        ([[a, b] for a, b in zip(X, Y, strict=True)], [X, Y], None, ()),
        ([{"time": t, "acc": v} for t, v in zip(T, X, strict=True)], [X], 1000, ("acc",)),
        ([{"topic": "acc", "payload": {"x": v, "y": w}} for v, w in zip(X, Y, strict=True)], [X, Y], None, None),
        ({"time_s": T, "acc": X}, [X], 1000, ("acc",)),
        ({"columns": ["time", "acc"], "data": [list(row) for row in zip(T, X, strict=True)]}, [X], 1000, ("acc",)),
        (
            {
                "results": [
                    {"series": [{"columns": ["time", "acc"], "values": [[1.6e12 + k, v] for k, v in enumerate(X)]}]}
                ]
            },
            [X],
            1000,
            ("acc",),
        ),
        ({"time": dict(enumerate(T)), "acc": dict(enumerate(X))}, [X], 1000, ("acc",)),
        ({str(k): {"time": t, "acc": v} for k, (t, v) in enumerate(zip(T, X, strict=True))}, [X], 1000, ("acc",)),
        (
            {"schema": {"fields": []}, "data": [{"time": t, "acc": v} for t, v in zip(T, X, strict=True)]},
            [X],
            1000,
            ("acc",),
        ),
        (dict(enumerate(X * 2)), [X * 2], None, ()),
        ([{"device": "pump 7", "fs": 25600, "acc": X}], [X], 25600, ("acc",)),
    ],
    ids=[
        *("signal", "channels", "numbers", "rows", "records", "nested", "columns", "split", "InfluxDB"),
        *("pandas, by column", "pandas, by row", "pandas, table", "pandas, series", "one object"),
    ],
)
def test_what_programs_export_is_read(
    tmp_path: Path, document: Any, samples: list[list[float]], rate: float | None, names: tuple[str, ...] | None
) -> None:
    recording = read(tmp_path, json.dumps(document))
    np.testing.assert_array_equal(recording.samples, np.array(samples, np.float32))
    assert recording.sample_rate_hz == rate
    assert tuple(recording.channel_names) == (("payload.x", "payload.y") if names is None else names)
    assert recording.unit == ("g" if isinstance(document, dict) and "unit" in document else None)


def test_objects_of_many_samples_each_are_refused(tmp_path: Path) -> None:
    """Nothing tells how long it was from one to the next."""
    lines = "\n".join(json.dumps({"ts": k, "acc": X}) for k in range(3))
    with pytest.raises(MalformedBodyError, match="'acc' of 40 values"):
        read(tmp_path, lines, "a.jsonl")


def test_objects_of_different_members_are_no_columns(tmp_path: Path) -> None:
    with pytest.raises(MalformedBodyError, match="different members"):
        read(tmp_path, json.dumps({"a": dict(enumerate(X)), "b": {"0": 1.0}}))


def test_an_object_a_line_is_a_row_each(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"t_ms": float(k), "acc": v}) for k, v in enumerate(X))
    for name in ("a.jsonl", "a.ndjson", "a.log", "a.txt"):
        recording = read(tmp_path, lines, name)
        np.testing.assert_array_equal(recording.samples, np.array([X], np.float32))
        assert recording.sample_rate_hz == 1000


@pytest.mark.parametrize(
    "content",
    ["{}", "[]", "3", '{"a": 1}', '{"a": [1, 2], "b": [1, 2, 3]}', '{"a": 1}\n{"a": ', "[" * 5000, "\xff", ""],
)
def test_what_is_no_table_is_refused(content: str) -> None:
    with pytest.raises(MalformedBodyError):
        json_as_csv(content.encode("latin-1"))


def test_what_is_larger_than_is_read_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_table, "LARGEST_BYTES", 10)
    with pytest.raises(RecordingTooLargeError, match="The JSON has 11 bytes, and at most 10 are read"):
        json_as_csv(b"[1, 2, 3, 4")
