"""A broken line is named wherever it stands, whatever way its table is read."""

import pytest

from functions.core.decoding.delimited import decode_csv
from functions.core.errors import MalformedBodyError

COUNT = 12_000
TIMES = [f"{k / 1000:.3f}" for k in range(COUNT)]
CLOCKS = [f"10:{k // 60000:02}:{k // 1000 % 60:02}.{k % 1000:03}" for k in range(COUNT)]
TABLES = {
    "one column": [f"{k % 7}.5" for k in range(COUNT)],
    "commas": [f"{t},{k % 7}.5" for k, t in enumerate(TIMES)],
    "spaces": [f"  {t}   {k % 7}.5" for k, t in enumerate(TIMES)],
    "decimal commas": [f"{t};{k % 7}.5".replace(".", ",") for k, t in enumerate(TIMES)],
    "trailing": [f"{t},{k % 7}.5," for k, t in enumerate(TIMES)],
    "D exponents": [f"{k % 7}.5D+00,{t}" for k, t in enumerate(TIMES)],
    "text beside": [f"{t},{k % 7}.5,ok" for k, t in enumerate(TIMES)],
    "times of day": [f"{t},{k % 7}.5" for k, t in enumerate(CLOCKS)],
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("place", [3, 7_777, COUNT - 70])
def test_the_broken_line_is_named(name: str, place: int) -> None:
    rows = list(TABLES[name])
    rows[place] = rows[place].replace("5", "#5")
    text = "# a head\n\nname of it\n" + "\n".join(rows) + "\n"
    with pytest.raises(MalformedBodyError, match=rf"at line {place + 4}, column \d+: '\S*#5") as refusal:
        decode_csv(text.encode(), skip_rows=3)
    assert refusal.value.field == "signal"


@pytest.mark.parametrize("name", TABLES)
def test_without_it_the_table_is_read(name: str) -> None:
    recording = decode_csv(("\n".join(TABLES[name]) + "\n").encode())
    assert recording.samples.shape == (1, COUNT)
    assert recording.samples[0, :8].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 0.5]
    assert recording.sample_rate_hz == (None if name == "one column" else 1000)


def test_comments_and_blank_lines_are_counted_as_an_editor_does() -> None:
    rows = [f"# note {k}\n\n{k % 7}.5" for k in range(9000)]
    rows[8000] = "# note\n\n3.x5"
    with pytest.raises(MalformedBodyError, match=r"at line 24003, column 1: '3\.x5'"):
        decode_csv("\n".join(rows).encode())
