"""Cases of delimited text of the table of recordings: charsets, times, heads, and ways to write numbers."""

from typing import Any

import numpy as np

from tests.support.expected_recordings import MILLI, RATE, ROWS, X, Y, expected, of_units, refused, table, times
from tests.support.recordings import npy_bytes

# Name, content, options, and what must come of it.
TextCase = tuple[str, str | bytes, dict[str, Any], dict[str, Any]]


def comma(text: str) -> str:
    """Text with decimal commas."""
    return text.replace(".", ",")


def clock(seconds: float) -> str:
    """A time of day in microseconds."""
    return f"23:59:{59 + seconds:09.6f}" if seconds < 1 else f"00:00:{seconds - 1:09.6f}"


AT_1000 = expected(X, rate=1000, names=("acc",))
PLAIN = expected(X)
TIMES = [k / RATE for k in range(ROWS)]

CHARSETS_AND_TIMES: tuple[TextCase, ...] = (
    ("one column", table(X), {}, PLAIN),
    ("two columns", table(X, Y), {}, expected(X, Y)),
    ("semicolons and decimal commas", comma(table(X, Y, separator=";")), {}, expected(X, Y)),
    ("tabs", table(X, Y, separator="\t"), {}, expected(X, Y)),
    ("spaces", table(X, Y, separator="  "), {}, expected(X, Y)),
    ("carriage returns", table(X, Y, end="\r\n"), {}, expected(X, Y)),
    ("carriage returns alone", table(X, Y, end="\r"), {}, expected(X, Y)),
    ("mixed line ends", table(X[:12], end="\r\n") + table(X[12:]), {}, PLAIN),
    ("control Z", table(X) + "\x1a", {}, PLAIN),
    ("byte order mark", "\ufeff" + table(X, head="acc\n"), {}, expected(X, names=("acc",))),
    ("UTF-16 little", ("\ufeff" + table(X, head="acc\n")).encode("utf-16-le"), {}, expected(X, names=("acc",))),
    ("UTF-16 big", ("\ufeff" + table(X, head="acc\n")).encode("utf-16-be"), {}, expected(X, names=("acc",))),
    ("UTF-16 without mark", table(X).encode("utf-16-le"), {}, PLAIN),
    (
        "Windows-1252",
        table(X, head="Größe [m/s²]\n").encode("cp1252"),
        {},
        expected(X, names=("Größe [m/s²]",), unit="m/s2"),
    ),
    ("charset", table(X, head="Größe\n").encode("cp850"), {"charset": "cp850"}, expected(X, names=("Größe",))),
    ("unknown charset", table(X), {"charset": "klingon"}, refused("invalid_option", "klingon")),
    ("time in seconds", table(MILLI, X, head="time_s,acc\n"), {}, AT_1000),
    ("time in milliseconds", table([float(k) for k in range(ROWS)], X, head="Time (ms),acc\n"), {}, AT_1000),
    (
        "time in microseconds",
        table([k * 1000 for k in range(ROWS)], X, head="t_us,acc\n", formats=("%d", "%.3f")),
        {},
        AT_1000,
    ),
    (
        "time in nanoseconds",
        table([k * 1000000.0 for k in range(ROWS)], X, head="timestamp [ns],acc\n", formats=("%d", "%.3f")),
        {},
        AT_1000,
    ),
    (
        "time of an unknown unit",
        table([k * 39 for k in range(ROWS)], X, head="time,acc\n", formats=("%d", "%.3f")),
        {},
        refused("malformed_body", "time_unit"),
    ),
    ("unit given", table([float(k) for k in range(ROWS)], X, head="time,acc\n"), {"time_unit": "ms"}, AT_1000),
    ("time column given", table(X, MILLI, head="acc,when\n"), {"time_column": "when"}, AT_1000),
    ("time column by number", table(X, MILLI), {"time_column": "1"}, expected(X, rate=1000, names=("0",))),
    ("no such time column", table(X, MILLI), {"time_column": "7"}, refused("invalid_option", "7")),
    (
        "units row",
        table(MILLI, X, head="Time,Acceleration\n(s),(g)\n"),
        {},
        expected(X, rate=1000, names=("Acceleration",), unit="g"),
    ),
    (
        "units row above an empty one",
        table(MILLI, X, Y, head="Time,A,B\n(s),(g),(g)\n,,\n"),
        {},
        expected(X, Y, rate=1000, names=("A", "B"), unit="g"),
    ),
    ("unit in brackets", table(X, head="acc (g)\n"), {}, expected(X, names=("acc (g)",), unit="g")),
    ("unit behind a slash", table(X, head="acc/(m/s^2)\n"), {}, expected(X, names=("acc/(m/s^2)",), unit="m/s2")),
    (
        "unit behind a space",
        table(X, Y, head="velocity mm/s,Y mm/s\n"),
        {},
        expected(X, Y, names=("velocity mm/s", "Y mm/s"), unit="mm/s"),
    ),
    (
        "unit in brackets behind a range",
        table(X, Y, head="X (100g) (g);Y [G]\n", separator=";"),
        {},
        expected(X, Y, names=("X (100g) (g)", "Y [G]"), unit="g"),
    ),
    (
        "units of each column",
        table(X, Y, head="acc [G],speed\n"),
        {},
        of_units(["g", None], expected(X, Y, names=("acc [G]", "speed"))),
    ),
    (
        "units that are multiples of served ones",
        table(X, Y, head="acc_mg,v [in/s pk]\n"),
        {},
        of_units(["g", "mm/s"], expected(times(X, 1e-3), times(Y, 25.4), names=("acc_mg", "v [in/s pk]"))),
    ),
    (
        "units from peak to peak",
        table(X, Y, head="acc [g pk-pk],x [mil p-p]\n"),
        {},
        of_units(["g", "mil p-p"], expected(X, Y, names=("acc [g pk-pk]", "x [mil p-p]"))),
    ),
    (
        "a row of units that are multiples of served ones",
        table(MILLI, X, Y, head="Time,A,B\ns,mm/s²,Gal\n"),
        {},
        expected(times(X, 1e-3), times(Y, 1e-2), rate=1000, names=("A", "B"), unit="m/s2"),
    ),
    ("a unit of names in programs", table(X, head="acc_x_m_s2\n"), {}, expected(X, names=("acc_x_m_s2",), unit="m/s2")),
    ("a unit of another quantity", table(X, head="a [V]\n"), {}, expected(X, names=("a [V]",), unit="V")),
    ("a label that is no unit", table(X, head="acc V\n"), {}, expected(X, names=("acc V",))),
    (
        "quantities divided by their units",
        table([float(k) for k in range(ROWS)], X, head="t/ms,a/(m/s²)\n"),
        {},
        expected(X, rate=1000, names=("a/(m/s²)",), unit="m/s2"),
    ),
    (
        "German date, time of day and decimal commas",
        "Datum;Uhrzeit;Beschl. [g]\n"
        + "".join(
            f"30.11.2026;10:00:{t:09.6f};{v:.3f}\n".replace(".", ",").replace("30,11,", "30.11.")
            for t, v in zip(MILLI, X, strict=True)
        ),
        {},
        expected(X, rate=1000, names=("Beschl. [g]",), unit="g"),
    ),
    ("time that rises unnamed", table(MILLI, X, Y), {}, expected(X, Y, rate=1000, names=("1", "2"))),
    ("index", table(list(range(ROWS)), X, head=",acc\n", formats=("%d", "%.3f")), {}, expected(X, names=("acc",))),
    ("index from 1", table(list(range(1, ROWS + 1)), X, formats=("%d", "%.3f")), {}, expected(X, names=("1",))),
    ("only a time", table(MILLI, head="time_s\n"), {}, refused("signal_missing", "time")),
    ("only an index", table(list(range(ROWS)), formats=("%d",)), {}, refused("signal_missing", "count")),
    (
        "jitter",
        table(
            [m + (2e-05 if k % 2 else 0) for k, m in enumerate(MILLI[:-1])] + MILLI[-1:],
            X,
            head="time_s,acc\n",
            formats=("%.5f", "%.3f"),
        ),
        {},
        AT_1000,
    ),
    (
        "lost samples",
        table([*MILLI[:12], *(m + 0.005 for m in MILLI[12:])], X, head="time_s,acc\n"),
        {},
        refused("malformed_body", "sample_rate_hz"),
    ),
    (
        "lost samples, rate given",
        table([*MILLI[:12], *(m + 0.005 for m in MILLI[12:])], X, head="time_s,acc\n"),
        {"sample_rate_hz": 1000},
        expected(X, names=("acc",)),
    ),
    (
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
    ),
    (
        "timestamps",
        "time,acc\n" + "".join((f"2026-05-04T10:00:00.{k:03d}Z,{v:.3f}\n" for k, v in enumerate(X))),
        {},
        AT_1000,
    ),
    (
        "over midnight",
        "time;acc\n" + "".join((f"{clock(0.99 + k / 1000)};{v:.3f}\n" for k, v in enumerate(X))),
        {},
        AT_1000,
    ),
)
HEADS_AND_NUMBERS: tuple[TextCase, ...] = (
    (
        "preamble",
        table(X, head="Title: pump 7\nSensor: A123, 100 mV/g\nSample rate: 25600 Hz\n\nAcceleration (g)\n"),
        {},
        expected(X, rate=RATE, names=("Acceleration (g)",), unit="g"),
    ),
    ("rate in a comment", table(X, head="# data_rate = 25600\n"), {}, expected(X, rate=RATE)),
    (
        "rate in kilohertz",
        table(X, head="Sampling Frequency;25,6 kHz\nacc\n"),
        {},
        expected(X, rate=RATE, names=("acc",)),
    ),
    ("comments", "% a\n// b\n; c\n# d\n" + table(X), {}, PLAIN),
    ("rows left out", "1,2\n3,4\n" + table(X), {"skip_rows": 2}, PLAIN),
    (
        "quoted header",
        table(TIMES, X, head='"Time (s)","Acc, X (g)"\n', formats=("%.8f", "%.3f")),
        {},
        expected(X, rate=RATE, names=("Acc, X (g)",), unit="g"),
    ),
    (
        "header that begins with a digit",
        table(X, head="1X acceleration\n"),
        {},
        expected(X, names=("1X acceleration",)),
    ),
    ("trailing separators", table(X, head="acc,\n", end=",\n"), {}, expected(X, names=("acc",))),
    ("trailing semicolons", comma(table(X, Y, separator=";", end=";\n")), {}, expected(X, Y)),
    ("D exponents", "".join(f"{v:.6E}\n".replace("E", "D") for v in X), {}, PLAIN),
    ("decimal comma in one column", comma(table(X)), {}, PLAIN),
    (
        "thousands",
        "a;b\n" + "".join(f"{1000 + v:,.3f};{v:.3f}\n" for v in X),
        {},
        expected([1000 + v for v in X], X, names=("a", "b")),
    ),
    (
        "thousands and decimal commas",
        "a;b\n" + "".join(f"{1000 + v:,.3f};{v:.3f}\n".translate({44: 46, 46: 44}) for v in X),
        {},
        expected([1000 + v for v in X], X, names=("a", "b")),
    ),
    ("plus signs", "".join(f"{v:+.3f}\n" for v in X), {}, PLAIN),
    ("column of text", "acc,state\n" + "".join(f"{v:.3f},good\n" for v in X), {}, expected(X, names=("acc",))),
    ("one row", ",".join(f"{v:.3f}" for v in X * 50) + "\n", {}, expected(X * 50)),
    ("delimiter given", table(X, Y, separator="|"), {"delimiter": "|"}, expected(X, Y)),
    ("error of a spreadsheet", table(X[:9]) + "#N/A\n" + table(X[9:]), {}, refused("malformed_body", "'#N/A' stands")),
    ("word among numbers", "1\n2.5\nword\n3\n", {}, refused("malformed_body", "line 3")),
    ("row cut short", table(X, Y) + "0.1\n" + table(X, Y), {}, refused("malformed_body", "line 25")),
    ("header alone", "a,b\n", {}, refused("malformed_body", "no row")),
    ("an npy", npy_bytes(np.array(X, np.float32)), {}, refused("malformed_body", "application/x-npy")),
)
