"""Cases of delimited text of the table of recordings: as programs, databases and microcontrollers write it."""

from tests.support.expected_recordings import MILLI, ROWS, X, Y, expected, refused, table
from tests.support.text_cases import AT_1000, TextCase, comma

COUNT: list[float] = list(range(ROWS))
LONG = 20
BOTH = expected(X, Y, rate=1000, names=("A", "B"))
BOTH_IN_G = expected(X, Y, rate=1000, names=("A", "B"), unit="g")
SINCE_1970: list[float] = [1_764_500_000_000 + k for k in COUNT]


def row(*values: float, form: str = "%.3f") -> str:
    """One recording as a row, long enough to be seen as one."""
    return ",".join(form % value for value in values)


def scope(columns: int) -> str:
    """The head that TwinCAT writes for so many channels, each with a column of times."""
    lines = ("Name\tA\tName\tB", "Data-Type\tLREAL\tData-Type\tLREAL", "SampleTime[ms]\t1.0\tSampleTime[ms]\t1.0")
    return "\n".join([*lines[:columns], "Offset\t0\tOffset\t0", "", ""])


def series(number: int, values: list[float]) -> str:
    """Rows of a series in annotated CSV."""
    return "".join(
        f",,{number},2026-05-04T10:00:00Z,2026-05-04T11:00:00Z,2026-05-04T10:00:00.{k:03d}Z,{v:.3f},acc\n"
        for k, v in enumerate(values)
    )


ANNOTATED = (
    "#group,false,false,true,true,false,false,true\n"
    "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string\n"
    "#default,_result,,,,,,\n,result,table,_start,_stop,_time,_value,_field\n"
)
OCTAVE = "# Created by Octave 8.4.0\n# name: fs\n# type: scalar\n1000\n\n\n# name: x\n# type: matrix\n# rows: 24\n"

PROGRAMS: tuple[TextCase, ...] = (
    (
        "catman",
        table(
            MILLI,
            X,
            Y,
            head="Zeit 1\tA\tB\n[s]\t[g]\t[g]\n1000 Hz\t1000 Hz\t1000 Hz\nSR_HF\tSR_HF\tSR_HF\n",
            separator="\t",
        ),
        {},
        BOTH_IN_G,
    ),
    (
        "descriptions below the names",
        table(
            COUNT,
            MILLI,
            X,
            Y,
            head="Name;Zeit;A;B\nEinheit;s;g;g\nBeschreibung;;;\nWerte;24;24;24\nTyp;real;real;real\n",
            separator=";",
            formats=("%d", "%.4f", "%.3f", "%.3f"),
        ),
        {},
        BOTH_IN_G,
    ),
    (
        "units alone",
        table([float(k) for k in COUNT], X, head="Abtastung\nms\tm/s²\n", separator="\t"),
        {},
        expected(X, rate=1000, names=("m/s²",), unit="m/s2"),
    ),
    ("TwinCAT", table([float(k) for k in COUNT], X, COUNT, Y, head=scope(3), separator="\t"), {}, BOTH),
    (
        "serial monitor",
        "".join(f"10:00:00.{k:03d} -> {a:.3f},{b:.3f}\n" for k, (a, b) in enumerate(zip(X, Y, strict=True))),
        {},
        expected(X, Y, rate=1000, names=("1", "2")),
    ),
    (
        "an arrow before labels and units",
        "".join(f"10:00:00.{k:03d} -> A:{a:.3f} g,B:{b:.3f} g\n" for k, (a, b) in enumerate(zip(X, Y, strict=True))),
        {},
        BOTH_IN_G,
    ),
    (
        "an arrow without spaces, labels between spaces",
        "".join(f"10:00:00.{k:03d}->A: {a:.3f} B: {b:.3f}\n" for k, (a, b) in enumerate(zip(X, Y, strict=True))),
        {},
        expected(X, Y, rate=1000, names=("A", "B")),
    ),
    (
        "a remark of a serial monitor between rows",
        "".join(f"10:00:00.{k:03d} -> {'stop' if k == 12 else f'{v:.3f}'}\n" for k, v in enumerate(X)),
        {},
        refused("malformed_body", "line 13, column 17: 'stop' stands where a number belongs; remove the line"),
    ),
    (
        "serial plotter",
        "rst:0x1 (POWERON_RESET),boot:0x13\n"
        + "".join(f"millis:{k} A:{a:.3f} B:{b:.3f}\n" for k, a, b in zip(COUNT, X, Y, strict=True)),
        {},
        BOTH,
    ),
    (
        "labels with a unit of time, and units behind the numbers",
        "".join(f"Time(ms): {k} A: {a:.3f} g, B: {b:.3f} g\n" for k, a, b in zip(COUNT, X, Y, strict=True)),
        {},
        BOTH_IN_G,
    ),
    (
        "one unit at the end of the line",
        "LIS3DH test\n" + "".join(f"A:  {a:.3f}\tB:  {b:.3f}\tm/s^2\n" for a, b in zip(X, Y, strict=True)),
        {},
        expected(X, Y, names=("A", "B"), unit="m/s2"),
    ),
    (
        "SignalExpress",
        "channel names:\na\tb\nstart times:\n3/1/2024 10:00:00.0\t3/1/2024 10:00:00.0\ndt:\n0.001\t0.001\ndata:\n"
        + table(X, Y, separator="\t"),
        {},
        expected(X, Y, rate=1000),
    ),
    (
        "milliseconds since 1970 that count",
        table(SINCE_1970, X, head="ts,acc\n", formats=("%d", "%.3f")),
        {},
        AT_1000,
    ),
    (
        "two times that disagree",
        "stamp;Time_ms;acc\n" + "".join(f"10:00:{k:02d};{k}.5;{v:.3f}\n" for k, v in enumerate(X)),
        {},
        refused("malformed_body", "'Time_ms' the recording takes 0.023 s, by 'stamp' 23 s"),
    ),
    (
        "two times that disagree, rate given",
        "TimeString;acc;Time_ms\n" + "".join(f"10:00:0{k // 8};{v:.3f};{k / 86.4:.4f}\n" for k, v in enumerate(X)),
        {"sample_rate_hz": 1000},
        expected(X, names=("acc",)),
    ),
    ("annotated CSV", ANNOTATED + series(0, X), {}, expected(X, rate=1000, names=("_value",))),
    ("two series", ANNOTATED + series(0, X) + series(1, Y), {}, refused("signal_shape", "pivot()")),
    ("Octave", OCTAVE + "# columns: 1\n" + table(X), {}, expected(X, rate=1000, names=("x",))),
    (
        "Octave, two lengths",
        OCTAVE
        + "# columns: 1\n"
        + table(X)
        + "\n\n# name: y\n# type: matrix\n# rows: 9\n# columns: 1\n"
        + table(Y[:9]),
        {},
        refused("signal_shape", "x (24 rows), y (9 rows)"),
    ),
    (
        "R",
        '"time" "acc"\n' + "".join(f'"{k}" {k / 1000:.3f} {v:.3f}\n' for k, v in enumerate(X, 1)),
        {},
        AT_1000,
    ),
    ("timetable", "Time,acc\n" + "".join(f"{k / 1000:g} sec,{v:.3f}\n" for k, v in enumerate(X)), {}, AT_1000),
    (
        "head in French",
        comma(table(X, head="Fréquence d'échantillonnage;1000 Hz\nUnité;g\n\nacc\n")),
        {},
        expected(X, rate=1000, names=("acc",), unit="g"),
    ),
    ("head in Chinese", table(X, head="采样频率:1000Hz\n单位:g\n"), {}, expected(X, rate=1000, unit="g")),
    (
        "rows with names",
        f"A,{row(*X * LONG)}\nB,{row(*Y * LONG)}\n",
        {},
        expected(X * LONG, Y * LONG, names=("A", "B")),
    ),
    (
        "rows with names, one of times",
        f"time,{row(*[k / 1000 for k in range(ROWS * LONG)])}\nA,{row(*X * LONG)}\n",
        {},
        expected(X * LONG, rate=1000, names=("A",)),
    ),
    (
        "a row of times",
        row(*[k / 1000 for k in range(ROWS * LONG)], form="%.4f") + f"\n{row(*X * LONG)}\n",
        {},
        expected(X * LONG, rate=1000, names=("1",)),
    ),
    (
        "rows with names, one broken",
        f"A,{row(*X * LONG)}\nB,0.1,x,{row(*(Y * LONG)[2:])}\nC,{row(*Y * LONG)}\n",
        {},
        refused("malformed_body", "line 2, column 7: 'x' stands"),
    ),
    ("the rate in the first line", "25600\n" + table(X), {}, refused("malformed_body", "Line 1 is 25600")),
)
