import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from functions.core.decoding.delimited import decode_csv
from functions.core.errors import MalformedBodyError, SampleRateContradictsError, SignalShapeError
from functions.core.preprocessing.signal import MOST_CHANNELS
from tests.support.costs import assert_linear_memory
from tests.support.recordings import csv_text

FINITE = st.floats(-1e6, 1e6, width=32)
TABLES = hnp.arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 20)), elements=FINITE)


@given(TABLES, st.sampled_from([(",", False), (";", False), (";", True), ("\t", False), ("\t", True), (" ", False)]))
def test_numbers_come_back_exactly(table: NDArray[np.float32], dialect: tuple[str, bool]) -> None:
    delimiter, decimal_comma = dialect
    if len(table) == 1 and decimal_comma:
        decimal_comma = False  # "0,5" alone on a line is two columns
    text = csv_text(list(table), delimiter, decimal_comma=decimal_comma)
    np.testing.assert_array_equal(decode_csv(text.encode()).samples, table)


@pytest.mark.parametrize(
    ("text", "samples", "names"),
    [
        ("1\n2\n", [[1, 2]], ()),
        ("1\r\n2\r\n", [[1, 2]], ()),
        ("\ufeff1\n2\n", [[1, 2]], ()),
        ("\n1\n\n2\n\n", [[1, 2]], ()),
        ("# made by a logger\n1\n# a pause\n2\n", [[1, 2]], ()),
        ("x\n1\n2\n", [[1, 2]], ("x",)),
        ("DE_g,FE_g\n1,3\n2,4\n", [[1, 2], [3, 4]], ("DE_g", "FE_g")),
        ('"a";"b"\n"1,5";"3"\n"2,5";"4"\n', [[1.5, 2.5], [3, 4]], ("a", "b")),
        ("a\tb\n1\t3\n2\t4\n", [[1, 2], [3, 4]], ("a", "b")),
        ("1, 3\n2, 4\n", [[1, 2], [3, 4]], ()),
        (" 1  3\n 2  4\n", [[1, 2], [3, 4]], ()),
        ("1e-3\n-2E+1\n", [[0.001, -20]], ()),
        ("1\nnan\ninf\n", [[1, np.nan, np.inf]], ()),
        ("a;b\n1;5\n2;3\n", [[1, 2], [5, 3]], ("a", "b")),
        ("a;1,5\n2;3\n4;5\n", [[2, 4], [3, 5]], ()),
        ("x\r1\r2\r", [[1, 2]], ("x",)),
    ],
)
def test_usual_files_are_read(text: str, samples: list[list[float]], names: tuple[str, ...]) -> None:
    recording = decode_csv(text.encode())
    np.testing.assert_array_equal(recording.samples, np.array(samples, np.float32))
    assert tuple(recording.channel_names) == names
    assert recording.sample_rate_hz is None


@pytest.mark.parametrize("name", ["t", "time", "time_s", "Time (s)", "Time [s]", "TIME_SEC", "Zeit", "temps s"])
def test_a_time_column_gives_the_rate_and_is_no_channel(name: str) -> None:
    text = f"a;{name};b\n1,5;0,000;3\n2,5;0,002;4\n3,5;0,004;5\n"
    recording = decode_csv(text.encode())
    assert recording.sample_rate_hz == 500
    assert recording.channel_names == ("a", "b")
    np.testing.assert_array_equal(recording.samples, [[1.5, 2.5, 3.5], [3, 4, 5]])


@pytest.mark.parametrize(
    ("head", "rate"),
    [
        ("Sample rate: 25600 Hz\n\n", 25600),
        ("Sampling Frequency [kHz];25,6\n", 25600),
        ("# fs=12000\n", 12000),
        ("Abtastrate;48 kHz\n", 48000),
        ("sample interval,3.90625e-05\nx\n", 25600),
        ("Delta_X\t0.001\nDelta_X\t0.001\n", 1000),
        ("Samplerate: 51,200 S/s\n", 51200),
        ("Scan rate (Hz) = 1e4\n", 10000),
        ("Sensor: A123, 100 mV/g\n", None),
        ("Sampling Frequency [Hz];;25600;\n", 25600),
        ('"Sampling Frequency:",25600\n"Channels:",2\n', 25600),
        ("Samples per second,25600\n", 25600),
        ("# rate: 25600 S/s\n", 25600),
        ("ODR: 25.6 kHz\n", 25600),
        ("Sampling rate: 0.1 ms\n", 10000),
        ("X,CH1,Start,Increment,\nSequence,VOLT,0.0e+00,1.000000e-04,\n", 10000),
        ("t0 = 0s, tInc = 1.00000000e-04s\n", 10000),
        ("Sampling rate: 50 Hz\n", 50),
        ("Sample rate: 25600 Hz\nSampling interval: 3.906e-05 s\n", 25600),
        ("Bit rate: 25600 kHz\n", None),
        ("Delta T: 0.001 C\n", None),
        ("Refresh rate: 25600 Hz\n", None),
        ("Sample: 25600\n", None),
    ],
)
def test_a_head_may_state_the_rate(head: str, rate: float | None) -> None:
    assert decode_csv(f"{head}0.5\n0.25\n-0.5\n".encode()).sample_rate_hz == rate


def test_a_head_of_several_rates_is_refused_unless_one_is_given() -> None:
    body = b"Sample rate: 25600 Hz\nData rate: 12800 Hz\n0.5\n0.25\n-0.5\n"
    with pytest.raises(
        SampleRateContradictsError, match="several sample rates, 12800 Hz and 25600 Hz: state `sample_rate_hz`"
    ):
        decode_csv(body)
    assert decode_csv(body, sample_rate_hz=12800).sample_rate_hz is None


def test_a_head_that_contradicts_the_times_is_refused() -> None:
    body = b"Sample rate: 25600 Hz\ntime_s,x\n0,1\n0.001,3\n0.002,2\n"
    with pytest.raises(SampleRateContradictsError, match="states 25600 Hz and its times rise at 1000 Hz") as refusal:
        decode_csv(body)
    assert refusal.value.field == "sample_rate_hz"
    assert decode_csv(body, sample_rate_hz=1000).sample_rate_hz == 1000


@pytest.mark.parametrize(
    ("name", "unit"),
    [("acc (g)", "g"), ("Beschleunigung [m/s\xb2]", "m/s2"), ("DE_g", "g"), ("velocity mm/s", "mm/s"), ("a [V]", "V")],
)
def test_a_column_names_its_unit(name: str, unit: str | None) -> None:
    assert decode_csv(f"{name}\n1\n2\n".encode()).unit == unit


@pytest.mark.parametrize(
    "name",
    [b"a" + b"_" * 60_000 + b"-", b"a (" + b" " * 60_000 + b"x", b"a /" + b" " * 60_000 + b"(", b"a (" * 20_000],
    ids=["underscores", "an open bracket", "a division", "open brackets"],
)
def test_a_long_name_takes_time_by_its_length(name: bytes) -> None:
    """By a power of it, each would take hours."""
    assert decode_csv(name + b"\n1\n2\n").unit is None


def test_a_multiple_of_a_served_unit_is_noted() -> None:
    found = decode_csv(b"a [mg]\n1000\n-2000\n4000\nrms 2\n")
    assert found.samples.tolist() == [[1.0, -2.0, 4.0]]
    assert found.note == (
        "The lines behind the table, from line 5 on, are no rows of it and were left out. The file's samples in mg were"
        " multiplied by 0.001 and are in g."
    )


def test_a_unit_is_that_of_every_channel() -> None:
    assert decode_csv(b"a [g],b [g]\n1,2\n2,1\n").unit == "g"
    assert decode_csv(b"a [g],T [V]\n1,2\n2,1\n").unit is None


def test_rounded_times_give_the_true_rate() -> None:
    lines = [f"{index / 12000:.5f},{index % 7}" for index in range(12000)]
    recording = decode_csv("\n".join(["time_s,x", *lines]).encode())
    assert recording.sample_rate_hz == pytest.approx(12000, rel=1e-4)


@pytest.mark.parametrize(
    "times", [("0", "0", "0"), ("2", "1", "0"), ("0", "1", "5"), ("0", "nan", "2"), ("0", "1", "inf"), ("0", "2", "1")]
)
def test_a_time_that_does_not_rise_evenly_is_malformed(times: tuple[str, ...]) -> None:
    rows = "\n".join(f"{time},{index}" for index, time in enumerate(times))
    with pytest.raises(MalformedBodyError, match="does not rise evenly") as refusal:
        decode_csv(f"time_s,x\n{rows}\n".encode())
    assert refusal.value.field == "signal"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"\n \n# only a comment\n", "The text has no rows"),
        (b"a,b\n", "a head and no row of numbers: line 1, the last, is 'a,b'"),
        (b"time_s,x\n0,1\n", "does not rise evenly"),
        (b"1\nword\n3\n", "line 2, column 1: 'word' stands where a number belongs"),
        (b"# c\n\nx\n1;2\n3;4\n5; word\n6;7\n", "line 6, column 4: 'word' stands"),
        (b"1,2\n3,\n5,6\n", "line 2, column 3: nothing stands where a number belongs"),
        (b"1,2\n3\n4,5\n", "line 2: it has 1 columns where the first row has 2"),
        (b"one\ntwo\nword", "no row of numbers: line 3, the last, is 'word'"),
        (b"a,b,c\n1,2\n", "names 3 columns; the rows have 2"),
        (b"1\n\x00\n2\n", "cannot be read"),
    ],
)
def test_what_is_no_table_is_malformed(body: bytes, sentence: str) -> None:
    with pytest.raises(MalformedBodyError, match=sentence) as refusal:
        decode_csv(body)
    assert refusal.value.field == "signal"


@pytest.mark.parametrize("text", ["1.0x\n2\n3\n", "1,a\n2,3\n", "nan x\n1 2\n"])
def test_a_broken_first_row_is_no_header(text: str) -> None:
    with pytest.raises(MalformedBodyError, match="cannot be read"):
        decode_csv(text.encode())


def test_a_header_may_begin_like_infinity() -> None:
    assert decode_csv(b"inflow,nanometre\n1,2\n").channel_names == ("inflow", "nanometre")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
@pytest.mark.parametrize("header", ["", "names"])
def test_columns_are_counted_before_anything_is_made_of_each(delimiter: str, header: str) -> None:
    row = delimiter.join(["1"] * (MOST_CHANNELS + 1))
    text = f"{delimiter.join(['x'] * (MOST_CHANNELS + 1))}\n{row}\n" if header else f"{row}\n" * 80
    with pytest.raises(SignalShapeError, match=f"more than {MOST_CHANNELS} channels"):
        decode_csv(text.encode())
    fewer = delimiter.join(["1"] * MOST_CHANNELS)
    assert decode_csv((f"{fewer}\n" * 80).encode()).samples.shape == (MOST_CHANNELS, 80)


def test_a_recording_may_be_a_row() -> None:
    assert decode_csv(b"0.5,0.25," * 20 + b"1\n").samples.tolist() == [[0.5, 0.25] * 20 + [1]]
    assert decode_csv(b"0.5,0.25," * 40 + b"\n").samples.tolist() == [[0.5, 0.25] * 40]
    two = b"0.5 0.25 " * 20 + b"1\n" + b"1.5 0.25 " * 20 + b"1\n"
    assert decode_csv(two).samples.tolist() == [[0.5, 0.25] * 20 + [1], [1.5, 0.25] * 20 + [1]]
    numbered = ",".join(map(str, range(40))) + "\n" + ",".join(["2", "3"] * 20) + "\n"
    assert decode_csv(numbered.encode()).samples.tolist() == [[2, 3] * 20]


@pytest.mark.parametrize("cell", ["1,", "0.5;", "1\t"])
def test_memory_of_one_long_row_is_linear(cell: str) -> None:
    bodies = [cell.encode() * count for count in (50_000, 200_000)]
    assert_linear_memory(decode_csv, (bodies[0], bodies[1]), most=60)


@pytest.mark.parametrize("line", ["1", "1.5,-2.5", "0.25;1,5", "# word", ""])
def test_memory_is_linear(line: str) -> None:
    bodies = [f"{line}\n".encode() * count for count in (10_000, 40_000)]
    assert_linear_memory(decode_csv, (bodies[0], bodies[1]), most=60)


def test_a_cell_is_not_repeated_at_length() -> None:
    with pytest.raises(MalformedBodyError, match="no row of numbers") as refusal:
        decode_csv(b"x\n" + b"x" * 1_000_000)
    assert len(refusal.value.message) < 300


def test_times_that_differ_by_less_than_a_number_can_are_refused() -> None:
    body = b"time [ms],x\n0,1\n1e-320,2\n2e-320,3\n3e-320,4\n"
    with pytest.raises(MalformedBodyError, match="which is no step"):
        decode_csv(body)


@pytest.mark.parametrize("extra", ["", "# a remark\n", "\n", "acc,state,b\n", "# a,b,c\n", '0.5,"good",0.25\n'])
def test_columns_of_text_are_left_out_whatever_lines_stand_between_rows(extra: str) -> None:
    rows = [f"{row / 64},good,{-row / 64}\n" for row in (3, 1, 4, 1, 5, 9, 2, 6)]
    recording = decode_csv(("acc,state,b\n" + "".join(rows) + extra + "".join(rows)).encode())
    found = recording.samples.tolist()
    assert (found[0][:8], found[1][-8:]) == ([x / 64 for x in (3, 1, 4, 1, 5, 9, 2, 6)], [-x for x in found[0][:8]])
    assert len(found[0]) == 16 + extra.startswith("0.5")
