import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from functions.core.decoding import json_body
from functions.core.decoding.fast_json import MOST_MEMBERS, plain, thread_parser
from functions.core.decoding.json_body import decode_json, decode_json_batch
from functions.core.errors import (
    BatchTooLargeError,
    EmptyBodyError,
    InvalidOptionError,
    MalformedBodyError,
    PalierError,
    SignalMissingError,
    SignalNotFiniteError,
    SignalNotNumericError,
    SignalShapeError,
)
from functions.core.preprocessing.arrays import Float32Array, as_float32
from functions.core.preprocessing.signal import MOST_CHANNELS
from tests.support.costs import assert_linear_memory, peak_bytes
from tests.support.look_ups import count_look_ups

MOST = 4
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


@given(st.integers(1, 4), st.integers(2, 20), st.data())
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


def test_plain_numbers_are_never_read_by_the_standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is several times slower: a body that goes that way unseen costs as much."""
    monkeypatch.delattr(json_body, "read_json")
    members = {"model": "a", "asset_id": "b", "return_top_k": 2, "nested": {"a": 1}}
    decode_json(json.dumps({"signal": [1, 2.5], "channel": "0", "sample_rate_hz": 2048.0} | members).encode())
    decode_json(json.dumps({"signal": [[1, 2.5], [3, 4]]}).encode())
    decode_json_batch(json.dumps({"signals": [[1, 2.5], [[3, 4], [5, 6]]], "model": "a"}).encode(), MOST)


def test_a_repeated_option_counts_once_and_last() -> None:
    assert dict(decode_json(b'{"model":"a","signal":[1],"model":"b"}').options) == {"model": "b"}


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
        (b"[1, 2]", MalformedBodyError, "signal"),
        (b"3", MalformedBodyError, "signal"),
        (b"null", MalformedBodyError, "signal"),
        (b'"signal"', MalformedBodyError, "signal"),
        (b"{}", SignalMissingError, "signal"),
        (b'{"signals": [[1]]}', SignalMissingError, "signal"),
        (b'{"signal": [1, NaN]}', SignalNotFiniteError, "signal"),
        (b'{"signal": [1, Infinity]}', SignalNotFiniteError, "signal"),
        (b'{"signal": [1, -Infinity]}', SignalNotFiniteError, "signal"),
        (b'{"signal": [1, 2], "shaft_speed_rpm": NaN}', InvalidOptionError, "shaft_speed_rpm"),
        (b'{"bpfo_order": -Infinity, "signal": [1, 2]}', InvalidOptionError, "bpfo_order"),
        (b'{"signal": [1, 1' + b"0" * 400 + b"]}", SignalNotFiniteError, "signal"),
        (b'{"signal": [1, "2"]}', SignalNotNumericError, "signal"),
        (b'{"signal": [1, null]}', SignalNotNumericError, "signal"),
        (b'{"signal": [1, true]}', SignalNotNumericError, "signal"),
        (b'{"signal": [1, {}]}', SignalNotNumericError, "signal"),
        (b'{"signal": [[1, 2], [3]]}', SignalShapeError, "signal"),
        (b'{"signal": [[1, 2], [3], [4, 5, 6]]}', SignalShapeError, "signal"),
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
def test_a_value_that_is_no_number_is_named_by_its_type(value: str, named: str) -> None:
    with pytest.raises(SignalNotNumericError, match=f"a value of type {named}"):
        decode_json(f'{{"signal": [1.5, {value}]}}'.encode())


def test_a_number_beyond_float64_is_infinite_and_left_to_the_check_of_samples() -> None:
    samples = decode_json(b'{"signal": [1, 1e999]}').recordings[0].samples
    assert samples.tolist() == [[1, float("inf")]]


def test_no_samples_are_a_row_of_nothing() -> None:
    assert decode_json(b'{"signal": []}').recordings[0].samples.shape == (1, 0)


def test_a_batch_keeps_order_and_shapes() -> None:
    request = decode_json_batch(b'{"signals": [[1, 2], [3], [[4, 5], [6, 7]]], "model": "a"}', MOST)
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
        decode_json_batch(body, MOST)
    assert refusal.value.field == field


def test_an_empty_batch_decodes_to_nothing() -> None:
    assert decode_json_batch(b'{"signals": []}', MOST).recordings == []


@pytest.mark.parametrize("count", [10, MOST_MEMBERS - 1, MOST_MEMBERS, 10_000])
def test_no_more_members_are_looked_up_than_may_be(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """A look-up begins at the first member: as many as 0.8 MB hold took seven seconds."""
    look_ups = count_look_ups(monkeypatch, json_body)
    members = {str(index): index for index in range(count)}
    body = json.dumps({"signal": [1, 2], **members}).encode()
    if count < MOST_MEMBERS:
        assert dict(decode_json(body).options) == members
        assert len(look_ups) == count + 1
    else:
        with pytest.raises(MalformedBodyError, match=f"has {count + 1} members; at most 100 are read"):
            decode_json(body)
        assert look_ups == []


@pytest.mark.parametrize(
    "conditions", [{}, {"load": 1.5, "speed": 3}, {"load": "heavy"}, {"load": [1]}, {"load": {"value": 1}}, 3, None]
)
def test_conditions_are_python_s_own_and_leave_the_parser_to_the_next_body(conditions: Any) -> None:
    kept = decode_json(json.dumps({"signal": [1, 2], "conditions": conditions}).encode())
    assert kept.options == {"conditions": conditions}
    assert thread_parser(10).parse(b"[1]") is not None


def test_a_batch_may_have_a_list_of_conditions() -> None:
    each = [{"load": 1}, {"load": 2.5}, {}]
    body = json.dumps({"signals": [[1, 2]] * 3, "conditions": each}).encode()
    kept = decode_json_batch(body, MOST)
    assert (len(kept.recordings), kept.options) == (3, {"conditions": each})
    assert thread_parser(10).parse(b"[1]") is not None


def test_very_many_conditions_are_refused_without_one_of_them() -> None:
    many = {f"c{index}": index for index in range(10_000)}
    body = json.dumps({"signal": [1, 2], "conditions": many}).encode()
    assert peak_bytes(lambda: decode_json(body)) < 100_000
    with pytest.raises(InvalidOptionError, match="conditions has 10000 members; at most 100 are read"):
        decode_json(body)
    listed = json.dumps({"signals": [[1, 2]], "conditions": [{}] * (MOST + 1)}).encode()
    with pytest.raises(InvalidOptionError, match=f"conditions has {MOST + 1} entries for {MOST} recordings at most"):
        decode_json_batch(listed, MOST)


@pytest.mark.parametrize("constant", ["NaN", "-Infinity"])
def test_a_condition_that_is_no_number_is_distinguished_from_a_sample(constant: str) -> None:
    for conditions in (f'{{"load":{constant}}}', f'[{{"load":1}},{{"load":{constant}}}]'):
        with pytest.raises(InvalidOptionError, match=f"The conditions have {constant}") as refusal:
            decode_json(f'{{"signal":[1,2],"conditions":{conditions}}}'.encode())
        assert refusal.value.field == "conditions"
    with pytest.raises(SignalNotFiniteError):
        decode_json(f'{{"signal":[1,{constant}],"conditions":{{"load":1}}}}'.encode())


@pytest.mark.parametrize("sample", ["2", '"2"', "NaN"], ids=["plain", "text", "no JSON"])
def test_members_are_counted(sample: str) -> None:
    members = ",".join(f'"{index}":1' for index in range(MOST_MEMBERS))
    with pytest.raises((MalformedBodyError, SignalNotFiniteError)) as refusal:
        decode_json(f'{{"signal":[1,{sample}],{members}}}'.encode())
    if sample != "NaN":
        assert refusal.value.message == "The JSON object has 101 members; at most 100 are read."


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.integers(-9, 9), st.text(max_size=5), st.none()), max_size=20))
def test_the_fast_and_the_slow_reader_find_the_same_members(members: dict[str, Any]) -> None:
    members.pop("signal", None)
    plain_numbers = json.dumps({"signal": [1, 2.5], **members}).encode()
    too_long = json.dumps({"signal": [1, 2**70], **members}).encode()
    fast, slow = decode_json(plain_numbers), decode_json(too_long)
    assert {name: plain(value) for name, value in fast.options.items()} == dict(slow.options) == members


@pytest.mark.parametrize("last", ["[1]", "[null]", "[1e400]"], ids=["plain", "null", "beyond float"])
@pytest.mark.parametrize("count", [MOST + 1, 100_000])
def test_signals_are_counted_before_one_is_made(monkeypatch: pytest.MonkeyPatch, count: int, last: str) -> None:
    """6 MB of [1] took fifteen seconds and 1.6 GB before their 413."""
    made: list[Any] = []
    monkeypatch.setattr(json_body, "as_float32", made.append)
    body = f'{{"signals": [{"[1]," * (count - 1)}{last}]}}'.encode()
    with pytest.raises(BatchTooLargeError, match=f"has {count} recordings; the limit is 4") as refusal:
        decode_json_batch(body, MOST)
    assert (refusal.value.field, made) == ("signals", [])


def test_as_many_signals_as_may_be_are_read() -> None:
    assert len(decode_json_batch(json.dumps({"signals": [[1, 2]] * MOST}).encode(), MOST).recordings) == MOST


@pytest.mark.parametrize("row", [f"[1{',1' * 80}]", f'["1"{",1" * 80}]', "[]"], ids=["plain", "text", "empty"])
def test_channels_are_counted_before_anything_is_made_of_each(monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    made: list[Any] = []

    def counting(values: NDArray[Any]) -> Float32Array:
        made.append(values)
        return as_float32(values)

    monkeypatch.setattr(json_body, "as_float32", counting)
    rows = ",".join([row] * (MOST_CHANNELS + 1))
    for body, decode, field in (
        (f'{{"signal": [{rows}]}}', decode_json, "signal"),
        (f'{{"signals": [[1, 2], [{rows}]]}}', lambda body: decode_json_batch(body, MOST), "signals[1]"),
    ):
        made.clear()
        with pytest.raises(SignalShapeError, match=f"more than {MOST_CHANNELS} channels") as refusal:
            decode(body.encode())
        assert refusal.value.field == field
        assert len(made) <= (field != "signal")


def test_as_many_channels_as_may_be_are_read() -> None:
    rows = [[index] * 100 for index in range(MOST_CHANNELS)]
    assert decode_json(json.dumps({"signal": rows}).encode()).recordings[0].samples.tolist() == rows


@given(st.lists(st.lists(st.one_of(NUMBERS, st.lists(NUMBERS, max_size=2)), max_size=3), min_size=1, max_size=4))
def test_rows_of_any_nesting_are_read_as_they_are_or_refused(rows: list[list[Any]]) -> None:
    """The fast reader flattens: it must see every number that stands in a bracket of its own."""
    body = json.dumps({"signal": rows}).encode()
    lying = len(rows) > 1 and all(len(row) == 1 for row in rows)
    regular = len({len(row) for row in rows}) == 1 and not any(isinstance(item, list) for row in rows for item in row)
    if not regular:
        with pytest.raises(SignalShapeError):
            decode_json(body)
    else:
        samples = decode_json(body).recordings[0].samples
        expected = np.array(rows, np.float64).astype(np.float32).reshape(1 if lying else len(rows), -1)
        np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize("last", [32767, 2**70], ids=["fast", "slow"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_signal_that_lies_is_turned(channels: int, last: int) -> None:
    rows = [[(index + channel) * 7919 % 65537 for channel in range(channels)] for index in range(MOST_CHANNELS + 1)]
    rows[-1][-1] = last
    expected = np.array(rows, np.float64).astype(np.float32).T
    np.testing.assert_array_equal(decode_json(json.dumps({"signal": rows}).encode()).recordings[0].samples, expected)
    batch = decode_json_batch(json.dumps({"signals": [rows, [1, 2]]}).encode(), MOST)
    np.testing.assert_array_equal(batch.recordings[0].samples, expected)


@pytest.mark.parametrize(
    "shape",
    [
        '{{"signal":[{}]}}',
        '{{"signal":[{},"x"]}}',
        '{{"signals":[[{}]]}}',
        '{{"x":[{}],"signal":[1]}}',
        '{{"signal":{}',
    ],
)
def test_memory_is_linear(shape: str) -> None:
    bodies = [shape.format(",".join(["0.5"] * count)).encode() for count in (50_000, 200_000)]

    def read(body: bytes) -> object:
        return decode_json_batch(body, MOST) if b"signals" in body[:12] else decode_json(body)

    assert_linear_memory(read, (bodies[0], bodies[1]), most=16)


def test_a_refusal_leaves_the_parser_to_the_next_body() -> None:
    """Its traceback would hold the document that was parsed; such a parser takes no other body."""
    many = json.dumps({"signals": [[1]] * (MOST + 1)}).encode()
    kept = []
    for _ in range(2):
        with pytest.raises(BatchTooLargeError) as refusal:
            decode_json_batch(many, MOST)
        kept.append(refusal.value)
    assert thread_parser(10).parse(b"[1]") is not None
    assert len(kept) == 2
