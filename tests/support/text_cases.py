"""Cases of delimited text of the table of recordings."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.support.expected_recordings import MILLI, RATE, ROWS, X, Y, expected, refused, table
from tests.support.recordings import npy_bytes


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
