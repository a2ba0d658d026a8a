"""The table of recordings as people have them, and what must come of each: run to write it.

Both readers, the service's and the page's, are held to it. A case has a name, the name of a format of the table of
formats, its content (`text`, or `base64` of its bytes), options of a diagnosis, and either `expected` (samples
[C][N], sample rate or null, names of the channels, unit or null, perhaps the speed of the shaft) or `refused` (the
error's code, and words of its sentence). MATLAB files are read by the command line and the page, the others by the
service and the page.
"""

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.expected_recordings import RATE, ROWS, X, Y, expected, refused, table
from tests.support.instrument_cases import INSTRUMENTS
from tests.support.recordings import npy_bytes, wav_bytes
from tests.support.text_cases import CHARSETS_AND_TIMES, HEADS_AND_NUMBERS
from tests.support.variable_cases import matlab

FILE = Path(__file__).resolve().parents[1] / "fixtures" / "recordings" / "cases.json"


def wav_of(data: bytes, size: int, kind: bytes = b"RIFF", rate: int = RATE) -> bytes:
    """A WAV of int16 whose header states a size."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    long = (
        struct.pack("<4sIQQQI", b"ds64", 28, 72 + len(data), len(data), len(data) // 2, 0) if kind != b"RIFF" else b""
    )
    body = b"WAVE" + long + form + struct.pack("<4sI", b"data", size) + data
    return kind + struct.pack("<I", 0xFFFFFFFF if long else len(body) if size else 0) + body


def arrays() -> Iterator[tuple[str, str, bytes | str, dict[str, Any], dict[str, Any]]]:
    """Yield the format too, of arrays, raw samples and sounds."""
    x = np.array(X)
    counts = np.round(x * 30000).astype("<i2")
    halves = [float(c) / 32768 * 4 for c in counts]
    yield "float32", "raw", x.astype("<f4").tobytes(), {}, expected(X)
    yield "float64", "raw", x.astype("<f8").tobytes(), {"sample_format": "float64"}, expected(X)
    yield "int16", "raw", counts.tobytes(), {"sample_format": "int16", "full_scale": 4}, expected(halves)
    yield (
        "int16 big-endian",
        "raw",
        counts.astype(">i2").tobytes(),
        {"sample_format": "int16be", "full_scale": 4},
        expected(halves),
    )
    yield (
        "int32",
        "raw",
        (counts.astype("<i4") * 65536).tobytes(),
        {"sample_format": "int32", "full_scale": 4},
        expected(halves),
    )
    for name, content, words in (
        ("text", table(X).encode(), "text/csv"),
        ("JSON", json.dumps({"signal": X}).encode(), "application/json"),
        ("npy", npy_bytes(x), "application/x-npy"),
        ("WAV", wav_of(counts.tobytes(), 2 * ROWS), "audio/wav"),
        ("gzip", b"\x1f\x8b\x08\x00" + bytes(60), "gzip"),
        ("zip", b"PK\x03\x04" + bytes(60), "zip"),
        ("MATLAB", b"MATLAB 5.0 MAT-file" + bytes(109), "MATLAB"),
    ):
        yield f"{name} as raw samples", "raw", content, {}, refused("malformed_body", words)
    yield "[N]", "npy", npy_bytes(x.astype("f4")), {}, expected(X)
    yield "[N, 1]", "npy", npy_bytes(x.astype("f4")[:, None]), {}, expected(X)
    yield "[C, N]", "npy", npy_bytes(np.array([X, Y], "f4")), {}, expected(X, Y)
    yield "[N, C]", "npy", npy_bytes(np.array([X * 2, Y * 2], "f8").T), {}, expected(X * 2, Y * 2)
    yield (
        "[N, C] in Fortran's order",
        "npy",
        npy_bytes(np.array([X * 2, Y * 2], "f8", order="C").T),
        {},
        expected(X * 2, Y * 2),
    )
    yield "integers", "npy", npy_bytes(counts), {"full_scale": 4}, expected(halves)
    yield "integers without full scale", "npy", npy_bytes(counts), {}, refused("signal_dtype", "full_scale")
    yield "JSON of [N, 1]", "json", json.dumps({"signal": [[v] for v in X]}), {}, expected(X)
    data = counts.tobytes()
    sound = expected(halves, rate=RATE)
    scale = {"full_scale": 4}
    yield "WAV", "wav", wav_of(data, len(data)), scale, sound
    yield "data size 0", "wav", wav_of(data, 0), scale, sound
    yield "data size unknown", "wav", wav_of(data, 0xFFFFFFFF), scale, sound
    yield "RF64", "wav", wav_of(data, 0xFFFFFFFF, b"RF64"), scale, sound
    yield "BW64", "wav", wav_of(data, 0xFFFFFFFF, b"BW64"), scale, sound
    yield "cut WAV", "wav", wav_of(data, 1000), scale, sound
    yield "FLAC", "flac", wav_bytes(counts, RATE, "PCM_16", format="FLAC"), scale, sound


def cases() -> list[dict[str, Any]]:
    """Every case of the table."""
    texts = [*CHARSETS_AND_TIMES, *HEADS_AND_NUMBERS, *INSTRUMENTS]
    listed = [*((name, "delimited", *rest) for name, *rest in texts), *arrays(), *matlab()]
    return [_case(*one) for one in listed]  # type: ignore[arg-type]


def _case(
    name: str, kind: str, content: str | bytes, options: dict[str, Any], outcome: dict[str, Any]
) -> dict[str, Any]:
    body = {"text": content} if isinstance(content, str) else {"base64": base64.b64encode(content).decode()}
    return {"name": name, "format": kind, **body, "options": options, **outcome}


def main() -> None:
    """Write the table, a case a line."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in cases())
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
