"""Numbers in quotes with commas in them."""

import pytest

from functions.core.decoding.text.quotes import unquoted


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ('"1,000.5","2"\n"999.5","3"\n', "1000.5,2\n999.5,3\n"),
        ('"0,5","1.000,25"\n', "0.5,1000.25\n"),
        ('"1,234","5,678"\n', "1234,5678\n"),
        ('"1,23","4,5"\n', "1.23,4.5\n"),
        ('"-0,016"; "1,5E-3"\n', "-0.016; 1.5E-3\n"),
        ('"Time (s)","a, b"\n"1,5","2,5"\n', '"Time (s)","a, b"\n1.5,2.5\n'),
        ('"a","b"\n"1.5","2.5"\n', '"a","b"\n"1.5","2.5"\n'),
        ('"Time (s)","Acc, X (g)"\n0.5,1\n', '"Time (s)","Acc, X (g)"\n0.5,1\n'),
        ('"1,5\n2,5\n', '"1,5\n2,5\n'),
        ("1,5\n", "1,5\n"),
    ],
)
def test_a_number_in_quotes_has_a_decimal_point_and_no_thousands(text: str, plain: str) -> None:
    assert unquoted(text) == plain
