"""The table of recordings as people have them, and what must come of each: run to write it.

Both readers, the service's and the page's, are held to it. A case has a name, the name of a format of the table of
formats, its content (`text`, or `base64` of its bytes), options of a diagnosis, and either `expected` (samples
[C][N], sample rate or null, names of the channels, unit or null) or `refused` (the error's code, and words of its
sentence).
"""

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.recordings import npy_bytes, wav_bytes

FILE = Path(__file__).resolve().parents[1] / "fixtures" / "recordings" / "cases.json"
ROWS = 24
X = [round(0.9 * float(np.sin(1.7 * k)) + 0.05, 3) for k in range(ROWS)]
Y = [round(0.4 * float(np.cos(2.3 * k)) - 0.1, 3) for k in range(ROWS)]
RATE = 25600
# Microseconds of each sample are no whole numbers at this rate; at 1 kHz every printed time is exact.
MILLI = [k / 1000 for k in range(ROWS)]


def expected(
    *channels: list[float], rate: float | None = None, names: tuple[str, ...] = (), unit: str | None = None
) -> dict[str, Any]:
    """What must come of a case."""
    samples = [[float(value) for value in np.array(channel, np.float32)] for channel in channels]
    return {"expected": {"samples": samples, "sample_rate_hz": rate, "channel_names": list(names), "unit": unit}}


def refused(code: str, words: str) -> dict[str, Any]:
    """How a case must be refused."""
    return {"refused": {"code": code, "words": words}}


def table(
    *columns: list[float], head: str = "", separator: str = ",", formats: tuple[str, ...] = (), end: str = "\n"
) -> str:
    """Text of a table."""
    forms = formats or ("%.3f",) * len(columns)
    return head + "".join(
        separator.join(f % v for f, v in zip(forms, row, strict=True)) + end for row in zip(*columns, strict=True)
    )


def comma(text: str) -> str:
    """Text with decimal commas."""
    return text.replace(".", ",")


def clock(seconds: float) -> str:
    """A time of day in microseconds."""
    return f"23:59:{59 + seconds:09.6f}" if seconds < 1 else f"00:00:{seconds - 1:09.6f}"


def delimited() -> Iterator[tuple[str, str | bytes, dict[str, Any], dict[str, Any]]]:
    """Yield name, content, options and what must come of it, of charsets and times."""
    at_1000 = expected(X, rate=1000, names=("acc",))
    plain = expected(X)
    yield "one column", table(X), {}, plain
    yield "two columns", table(X, Y), {}, expected(X, Y)
    yield "semicolons and decimal commas", comma(table(X, Y, separator=";")), {}, expected(X, Y)
    yield "tabs", table(X, Y, separator="\t"), {}, expected(X, Y)
    yield "spaces", table(X, Y, separator="  "), {}, expected(X, Y)
    yield "carriage returns", table(X, Y, end="\r\n"), {}, expected(X, Y)
    yield "carriage returns alone", table(X, Y, end="\r"), {}, expected(X, Y)
    yield "mixed line ends", table(X[:12], end="\r\n") + table(X[12:]), {}, plain
    yield "control Z", table(X) + "\x1a", {}, plain
    yield "byte order mark", "\ufeff" + table(X, head="acc\n"), {}, expected(X, names=("acc",))
    yield "UTF-16 little", ("\ufeff" + table(X, head="acc\n")).encode("utf-16-le"), {}, expected(X, names=("acc",))
    yield "UTF-16 big", ("\ufeff" + table(X, head="acc\n")).encode("utf-16-be"), {}, expected(X, names=("acc",))
    yield "UTF-16 without mark", table(X).encode("utf-16-le"), {}, plain
    yield (
        "Windows-1252",
        table(X, head="Größe [m/s²]\n").encode("cp1252"),
        {},
        expected(X, names=("Größe [m/s²]",), unit="m/s2"),
    )
    yield "charset", table(X, head="Größe\n").encode("cp850"), {"charset": "cp850"}, expected(X, names=("Größe",))
    yield "unknown charset", table(X), {"charset": "klingon"}, refused("invalid_option", "klingon")
    yield "time in seconds", table(MILLI, X, head="time_s,acc\n"), {}, at_1000
    yield "time in milliseconds", table([float(k) for k in range(ROWS)], X, head="Time (ms),acc\n"), {}, at_1000
    yield (
        "time in microseconds",
        table([k * 1000 for k in range(ROWS)], X, head="t_us,acc\n", formats=("%d", "%.3f")),
        {},
        at_1000,
    )
    yield (
        "time in nanoseconds",
        table([k * 1e6 for k in range(ROWS)], X, head="timestamp [ns],acc\n", formats=("%d", "%.3f")),
        {},
        at_1000,
    )
    yield (
        "time of an unknown unit",
        table([k * 39 for k in range(ROWS)], X, head="time,acc\n", formats=("%d", "%.3f")),
        {},
        refused("malformed_body", "time_unit"),
    )
    yield "unit given", table([float(k) for k in range(ROWS)], X, head="time,acc\n"), {"time_unit": "ms"}, at_1000
    yield "time column given", table(X, MILLI, head="acc,when\n"), {"time_column": "when"}, at_1000
    yield "time column by number", table(X, MILLI), {"time_column": "1"}, expected(X, rate=1000, names=("0",))
    yield "no such time column", table(X, MILLI), {"time_column": "7"}, refused("invalid_option", "7")
    yield (
        "units row",
        table(MILLI, X, head="Time,Acceleration\n(s),(g)\n"),
        {},
        expected(X, rate=1000, names=("Acceleration",), unit="g"),
    )
    yield "time that rises unnamed", table(MILLI, X, Y), {}, expected(X, Y, rate=1000, names=("1", "2"))
    yield "index", table(list(range(ROWS)), X, head=",acc\n", formats=("%d", "%.3f")), {}, expected(X, names=("acc",))
    yield "index from 1", table(list(range(1, ROWS + 1)), X, formats=("%d", "%.3f")), {}, expected(X, names=("1",))
    yield "only a time", table(MILLI, head="time_s\n"), {}, refused("signal_missing", "time")
    yield "only an index", table(list(range(ROWS)), formats=("%d",)), {}, refused("signal_missing", "count")
    yield (
        "jitter",
        table(
            [m + (0.00002 if k % 2 else 0) for k, m in enumerate(MILLI[:-1])] + MILLI[-1:],
            X,
            head="time_s,acc\n",
            formats=("%.5f", "%.3f"),
        ),
        {},
        at_1000,
    )
    yield (
        "lost samples",
        table([*MILLI[:12], *(m + 0.005 for m in MILLI[12:])], X, head="time_s,acc\n"),
        {},
        refused("malformed_body", "sample_rate_hz"),
    )
    yield (
        "lost samples, rate given",
        table([*MILLI[:12], *(m + 0.005 for m in MILLI[12:])], X, head="time_s,acc\n"),
        {"sample_rate_hz": 1000},
        expected(X, names=("acc",)),
    )
    yield (
        "clock columns",
        table(
            [9] * ROWS,
            [39] * ROWS,
            [5] * ROWS,
            [k * 1000 for k in range(ROWS)],
            X,
            Y,
            formats=("%d", "%d", "%d", "%d", "%.3f", "%.3f"),
        ),
        {},
        expected(X, Y, rate=1000, names=("4", "5")),
    )
    yield (
        "timestamps",
        "time,acc\n" + "".join(f"2026-05-04T10:00:00.{k:03d}Z,{v:.3f}\n" for k, v in enumerate(X)),
        {},
        at_1000,
    )
    yield (
        "over midnight",
        "time;acc\n" + "".join(f"{clock(0.99 + k / 1000)};{v:.3f}\n" for k, v in enumerate(X)),
        {},
        at_1000,
    )


def written() -> Iterator[tuple[str, str | bytes, dict[str, Any], dict[str, Any]]]:
    """Yield the same of heads, and of ways to write numbers."""
    t = [k / RATE for k in range(ROWS)]
    plain = expected(X)
    yield (
        "preamble",
        table(X, head="Title: pump 7\nSensor: A123, 100 mV/g\nSample rate: 25600 Hz\n\nAcceleration (g)\n"),
        {},
        expected(X, rate=RATE, names=("Acceleration (g)",), unit="g"),
    )
    yield "rate in a comment", table(X, head="# data_rate = 25600\n"), {}, expected(X, rate=RATE)
    yield (
        "rate in kilohertz",
        table(X, head="Sampling Frequency;25,6 kHz\nacc\n"),
        {},
        expected(X, rate=RATE, names=("acc",)),
    )
    yield "comments", "% a\n// b\n; c\n# d\n" + table(X), {}, plain
    yield "rows left out", "1,2\n3,4\n" + table(X), {"skip_rows": 2}, plain
    yield (
        "quoted header",
        table(t, X, head='"Time (s)","Acc, X (g)"\n', formats=("%.8f", "%.3f")),
        {},
        expected(X, rate=RATE, names=("Acc, X (g)",), unit="g"),
    )
    yield (
        "header that begins with a digit",
        table(X, head="1X acceleration\n"),
        {},
        expected(X, names=("1X acceleration",)),
    )
    yield "trailing separators", table(X, head="acc,\n", end=",\n"), {}, expected(X, names=("acc",))
    yield "trailing semicolons", comma(table(X, Y, separator=";", end=";\n")), {}, expected(X, Y)
    yield "D exponents", "".join(f"{v:.6E}\n".replace("E", "D") for v in X), {}, plain
    yield "decimal comma in one column", comma(table(X)), {}, plain
    yield (
        "thousands",
        "a;b\n" + "".join(f"{1000 + v:,.3f};{v:.3f}\n" for v in X),
        {},
        expected([1000 + v for v in X], X, names=("a", "b")),
    )
    yield (
        "thousands and decimal commas",
        "a;b\n" + "".join(f"{1000 + v:,.3f};{v:.3f}\n".translate({44: 46, 46: 44}) for v in X),
        {},
        expected([1000 + v for v in X], X, names=("a", "b")),
    )
    yield "plus signs", "".join(f"{v:+.3f}\n" for v in X), {}, plain
    yield "column of text", "acc,state\n" + "".join(f"{v:.3f},good\n" for v in X), {}, expected(X, names=("acc",))
    yield "one row", ",".join(f"{v:.3f}" for v in X * 50) + "\n", {}, expected(X * 50)
    yield "delimiter given", table(X, Y, separator="|"), {"delimiter": "|"}, expected(X, Y)
    yield "word among numbers", "1\n2.5\nword\n3\n", {}, refused("malformed_body", "line 3")
    yield "row cut short", table(X, Y) + "0.1\n" + table(X, Y), {}, refused("malformed_body", "line 25")
    yield "header alone", "a,b\n", {}, refused("malformed_body", "no row")
    yield "an npy", npy_bytes(np.array(X, np.float32)), {}, refused("malformed_body", "application/x-npy")


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
    texts = [*delimited(), *written()]
    listed = [(name, "delimited", *rest) for name, *rest in texts] + list(arrays())
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
