import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.decoding.json_body import decode_json, decode_json_batch
from functions.core.errors import (
    EmptyBodyError,
    MalformedBodyError,
    PalierError,
    SignalMissingError,
    SignalNotFiniteError,
    SignalNotNumericError,
    SignalShapeError,
)

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30),
    st.integers(-(2**70), 2**70),
)


@given(st.lists(NUMBERS, min_size=1, max_size=50))
def test_a_list_becomes_the_float32_nearest_to_each_number(values: list[float]) -> None:
    recording = decode_json(json.dumps({"signal": values}).encode()).recordings[0]
    expected = np.array([[np.float32(float(value)) for value in values]], dtype=np.float32)
    assert recording.samples.dtype == np.float32
    np.testing.assert_array_equal(recording.samples, expected)


@given(st.integers(1, 4), st.integers(1, 20), st.data())
def test_channels_become_rows(channels: int, length: int, data: st.DataObject) -> None:
    row = st.lists(NUMBERS, min_size=length, max_size=length)
    rows = data.draw(st.lists(row, min_size=channels, max_size=channels))
    samples = decode_json(json.dumps({"signal": rows}).encode()).recordings[0].samples
    np.testing.assert_array_equal(samples, np.array(rows, dtype=np.float64).astype(np.float32))
    assert samples.shape == (channels, length)


@pytest.mark.parametrize(
    "body",
    [
        b'{"signal":[1,2.5],"model":"a","return_top_k":2}',
        b'\n { "model" : "a", "signal" : [ 1 , 2.5 ] , "return_top_k" : 2 } ',
        b'\xef\xbb\xbf{"signal":[1,2.5],"model":"a","return_top_k":2}',
        '{"signal":[1,2.5],"model":"a","return_top_k":2}'.encode("utf-16"),
    ],
    ids=["plain", "white space", "BOM", "UTF-16"],
)
def test_the_other_members_are_options(body: bytes) -> None:
    request = decode_json(body)
    np.testing.assert_array_equal(request.recordings[0].samples, [[1, 2.5]])
    assert dict(request.options) == {"model": "a", "return_top_k": 2}
    assert request.recordings[0].sample_rate_hz is None


@pytest.mark.parametrize("option", ['"a[b"', '["a"]', '{"a": [1]}'])
def test_brackets_in_options_do_not_confuse_the_fast_reader(option: str) -> None:
    request = decode_json(f'{{"signal": [1, 2], "asset_id": {option}}}'.encode())
    np.testing.assert_array_equal(request.recordings[0].samples, [[1, 2]])


def test_a_repeated_signal_counts_once_and_last() -> None:
    np.testing.assert_array_equal(decode_json(b'{"signal":[1],"signal":[2]}').recordings[0].samples, [[2]])


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_nothing_is_an_empty_body(body: bytes) -> None:
    with pytest.raises(EmptyBodyError):
        decode_json(body)


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        (b'{"signal": [1, 2', MalformedBodyError, None),
        (b'{"signal": [1, 2,]}', MalformedBodyError, None),
        (b'{"signal": [1 2]}', MalformedBodyError, None),
        (b"\xff\xfe\xfa", MalformedBodyError, None),
        (b'{"signal": [' + b"9" * 5000 + b"]}", MalformedBodyError, None),
        (b"[" * 100_000, MalformedBodyError, None),
        (b'{"signal": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", MalformedBodyError, None),
        (b"[1, 2]", MalformedBodyError, None),
        (b"3", MalformedBodyError, None),
        (b"null", MalformedBodyError, None),
        (b'"signal"', MalformedBodyError, None),
        (b"{}", SignalMissingError, "signal"),
        (b'{"signals": [[1]]}', SignalMissingError, "signal"),
        (b'{"signal": [1, NaN]}', SignalNotFiniteError, "signal"),
        (b'{"signal": [1, Infinity]}', SignalNotFiniteError, "signal"),
        (b'{"signal": [1, -Infinity]}', SignalNotFiniteError, "signal"),
        (b'{"signal": [1, 1' + b"0" * 400 + b"]}", SignalNotFiniteError, "signal"),
        (b'{"signal": [1, "2"]}', SignalNotNumericError, "signal"),
        (b'{"signal": [1, null]}', SignalNotNumericError, "signal"),
        (b'{"signal": [1, true]}', SignalNotNumericError, "signal"),
        (b'{"signal": [1, {}]}', SignalNotNumericError, "signal"),
        (b'{"signal": [[1, 2], [3]]}', SignalShapeError, "signal"),
        (b'{"signal": [[1, 2], 3]}', SignalShapeError, "signal"),
        (b'{"signal": [1, [2, 3]]}', SignalShapeError, "signal"),
        (b'{"signal": [[[1, 2]]]}', SignalShapeError, "signal"),
        (b'{"signal": [[1, [2]]]}', SignalShapeError, "signal"),
        (b'{"signal": "1,2"}', SignalShapeError, "signal"),
        (b'{"signal": null}', SignalShapeError, "signal"),
        (b'{"signal": 1}', SignalShapeError, "signal"),
        (b'{"signal": {"0": 1}}', SignalShapeError, "signal"),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_what_is_no_signal_is_refused(body: bytes, error: type[PalierError], field: str | None) -> None:
    with pytest.raises(error) as refusal:
        decode_json(body)
    assert refusal.value.field == field


@pytest.mark.parametrize(("value", "named"), [('"2"', "str"), ("null", "null"), ("true", "bool"), ("{}", "dict")])
def test_the_stranger_among_the_numbers_is_named_by_its_type(value: str, named: str) -> None:
    with pytest.raises(SignalNotNumericError, match=f"a value of type {named}"):
        decode_json(f'{{"signal": [1.5, {value}]}}'.encode())


def test_a_number_beyond_float64_is_infinite_and_left_to_the_check_of_samples() -> None:
    samples = decode_json(b'{"signal": [1, 1e999]}').recordings[0].samples
    assert samples.tolist() == [[1, float("inf")]]


def test_no_samples_are_a_row_of_nothing() -> None:
    assert decode_json(b'{"signal": []}').recordings[0].samples.shape == (1, 0)


def test_a_batch_keeps_order_and_shapes() -> None:
    request = decode_json_batch(b'{"signals": [[1, 2], [3], [[4, 5], [6, 7]]], "model": "a"}')
    assert [recording.samples.tolist() for recording in request.recordings] == [[[1, 2]], [[3]], [[4, 5], [6, 7]]]
    assert dict(request.options) == {"model": "a"}


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        (b'{"signals": 3}', SignalShapeError, "signals"),
        (b'{"signal": [1]}', SignalMissingError, "signals"),
        (b'{"signals": [[1], [null]]}', SignalNotNumericError, "signals[1]"),
        (b'{"signals": [[1], 2]}', SignalShapeError, "signals[1]"),
        (b'{"signals": [[1], [[2, 3], [4]]]}', SignalShapeError, "signals[1]"),
        (b'{"signals": [[1], [NaN]]}', SignalNotFiniteError, "signals"),
    ],
)
def test_a_batch_says_which_signal_is_wrong(body: bytes, error: type[PalierError], field: str) -> None:
    with pytest.raises(error) as refusal:
        decode_json_batch(body)
    assert refusal.value.field == field


def test_an_empty_batch_decodes_to_nothing() -> None:
    assert decode_json_batch(b'{"signals": []}').recordings == []
