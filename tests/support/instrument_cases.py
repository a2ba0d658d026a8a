"""Cases of delimited text of the table of recordings: as oscilloscopes, phones, loggers and spreadsheets write it."""

from tests.support.expected_recordings import MILLI, ROWS, X, Y, expected, refused, table
from tests.support.text_cases import AT_1000, PLAIN, TextCase, comma

COUNT = [float(k) for k in range(ROWS)]
FINE = ("%.4f", "%.3f")
ROWS_AT_1000 = table(MILLI, X)
UNNAMED_AT_1000 = expected(X, rate=1000, names=("1",))
BOTH_AT_1000 = expected(X, Y, rate=1000, names=("1", "2"))
G_AT_1000 = expected(X, rate=1000, names=("Acc",), unit="g")
LARGE = [1000 * v + 2000 for v in X]


def scope(name: str, head: str, end: str = "\n") -> TextCase:
    """A file of an oscilloscope: times from before the trigger on, and a voltage."""
    names = ("Value",) if "Value\n" in head else ("CH1",) if "CH1\n" in head else ("Ampl",)
    rows = table([t - 0.01 for t in MILLI], X, head=head, formats=("%.9e", "%.3f"), end=end)
    return name, rows, {}, expected(X, rate=1000, names=names, unit="V" if "Units,V" in head else None)


INSTRUMENTS: tuple[TextCase, ...] = (
    (
        "PicoScope",
        table([float(k) for k in range(ROWS)], X, head="Time,Channel A\n(ms),(mV)\n\n", formats=("%.5f", "%.3f")),
        {},
        expected(X, rate=1000, names=("Channel A",), unit="mV"),
    ),
    (
        "Fluke",
        table(COUNT, X, head="Sampling Rate (samples/second):,1000\nSample,Tri-A\n", formats=("%d", "%.3f")),
        {},
        expected(X, rate=1000, names=("Tri-A",)),
    ),
    (
        "statements beside the rows",
        table(MILLI, X, head="", formats=(",,%.4f", "%.3f"), end=",\n").replace(",,", "Record Length,24,", 1),
        {},
        expected(X, rate=1000, names=("3",)),
    ),
    (
        "UFF as text",
        "    -1\n    58\n" + "a\n" * 11 + table(*[X] * 6, formats=("%13.5E",) * 6, separator=""),
        {},
        refused("malformed_body", "UFF, not .csv"),
    ),
    (
        "a spectrum",
        table([2.5 * k for k in range(ROWS)], X, head="Frequency (Hz),Amplitude (g)\n"),
        {},
        refused("signal_missing", "a spectrum"),
    ),
    (
        "a spectrum of whole hertz",
        table(COUNT, X, head="f,Amplitude\n", formats=("%d", "%.3f")),
        {},
        refused("signal_missing", "a spectrum"),
    ),
    (
        "Rigol",
        table(
            list(range(ROWS)),
            X,
            head="X,CH1,Start,Increment,\nSequence,VOLT,0.0e+00,1.000000e-03\n",
            formats=("%d", "%.3f"),
            end=",\n",
        ),
        {},
        UNNAMED_AT_1000,
    ),
    (
        "Rigol, its step in the header",
        table(MILLI, X, head="Time(s),CH1V,t0 =0s, tInc = 1.0e-03s\n", formats=FINE, end=",,\n"),
        {},
        UNNAMED_AT_1000,
    ),
    scope("Tektronix", "Model,MSO24\nSample Interval,1.0e-03,\nRecord Length,24,\nVertical Units,V,\n\n\nTIME,CH1\n"),
    scope("LeCroy", "LECROYWS434,12345,Waveform\nSegments,1,SegmentSize,24\n#1,03-May-2020 12:00:00,0 \nTime,Ampl\n"),
    scope("Siglent", "Record Length,Analog:24\nSample Interval,Analog:0.001\nSource,CH1\nSecond,Value\n"),
    (
        "phyphox",
        table(MILLI, X, Y, head='"Time (s)","Acceleration x (m/s^2)","Acceleration y (m/s^2)"\n'),
        {},
        expected(X, Y, rate=1000, names=("Acceleration x (m/s^2)", "Acceleration y (m/s^2)"), unit="m/s2"),
    ),
    (
        "a range before the unit",
        table(MILLI, X, head='"Time (s)","X (100g) (g)"\n'),
        {},
        expected(X, rate=1000, names=("X (100g) (g)",), unit="g"),
    ),
    (
        "DIAdem",
        comma(
            table(
                list(range(1, ROWS + 1)),
                MILLI,
                X,
                head="Name;Zeit;Acc\nEinheit;s;g\nBeschreibung;;\n",
                separator=";",
                formats=("%d", *FINE),
            )
        ),
        {},
        G_AT_1000,
    ),
    (
        "unit in the head",
        table(MILLI, X, head="Machine,Pump 7\nX Units,sec\nY Units,g\nTime,Acc\n", formats=FINE),
        {},
        G_AT_1000,
    ),
    (
        "statements of two words",
        table(MILLI, X, Y, head="X-axis unit: s\nX-axis delta: 0.001\n", separator="\t", formats=(*FINE, "%.3f")),
        {},
        BOTH_AT_1000,
    ),
    (
        "a marker before the data",
        '"Title","Ball"\n"Sampling Frequency:",1000\n"Channels:",2\n"Data"\n' + table(X, Y),
        {},
        expected(X, Y, rate=1000),
    ),
    ("several rates", "fs=25600\nfs=12800\n" + table(X), {}, refused("sample_rate_contradicts", "25600 Hz")),
    (
        "several rates, one given",
        "fs=25600\nfs=12800\n" + table(X),
        {"sample_rate_hz": 12800},
        PLAIN,
    ),
    ("mean and maximum behind", f"time_s,acc\n{ROWS_AT_1000}\nMean,0.012\nMax,0.95\n", {}, AT_1000),
    ("a sentence behind", f"time_s,acc\n{ROWS_AT_1000}End of data\n", {}, AT_1000),
    ("last row cut", f"time_s,acc\n{ROWS_AT_1000}0.02", {}, AT_1000),
    ("header again", f"time_s,acc\n{table(MILLI[:9], X[:9])}time_s,acc\n{table(MILLI[9:], X[9:])}", {}, AT_1000),
    ("bars", table(MILLI, X, head="time_s|acc\n", separator="|"), {}, AT_1000),
    (
        "thousands in quotes",
        "time_s,acc\n" + "".join(f'"{t:.3f}","{v:,.1f}"\n' for t, v in zip(MILLI, LARGE, strict=True)),
        {},
        expected(LARGE, rate=1000, names=("acc",)),
    ),
    (
        "decimal commas in quotes",
        "time_s,acc\n" + comma(table(MILLI, X, separator=";")).translate({10: '"\n"', 59: '","'}).join('""')[:-1],
        {},
        AT_1000,
    ),
    (
        "a fraction behind a colon",
        "Time,acc\n" + "".join(f"10:00:00:{k:03d},{v:.3f}\n" for k, v in enumerate(X)),
        {},
        AT_1000,
    ),
    (
        "times that cannot be read",
        "Time,acc\n" + "".join(f"T+{k},{v:.3f}\n" for k, v in enumerate(X)),
        {},
        refused("malformed_body", "sample_rate_hz"),
    ),
    (
        "times that cannot be read, rate given",
        "Time,acc\n" + "".join(f"T+{k},{v:.3f}\n" for k, v in enumerate(X)),
        {"sample_rate_hz": 1000},
        expected(X, names=("acc",)),
    ),
    (
        "times of whole seconds, a step in the head",
        "delta t,1.0E-3\n\ntime[0],Y[0]\n" + "".join(f"03.05.2020 12:00:00,{v:.3f}\n" for v in X),
        {},
        expected(X, rate=1000, names=("Y[0]",)),
    ),
    (
        "rows of two shapes",
        table(X, Y) + "".join(f"{v:.3f}\n" for v in X * 8),
        {},
        refused("malformed_body", "line 2, column 1"),
    ),
    (
        "an error of a spreadsheet",
        f"time_s,acc\n{ROWS_AT_1000}0.024,#N/A\n0.025,1\n",
        {},
        refused("malformed_body", "line 26"),
    ),
)
