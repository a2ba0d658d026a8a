"""The JSON envelope is read in one pass, whatever it contains."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.core.decoding.fast_json import MOST_MEMBERS
from functions.core.errors import MalformedEnvelopeError, PalierError
from functions.inference.v2 import json_envelope
from functions.inference.v2.json_envelope import flat_numbers, parse_envelope
from tests.support.costs import assert_linear_memory
from tests.support.look_ups import count_look_ups


@pytest.mark.parametrize("where", ["request", "input"])
@pytest.mark.parametrize("count", [10, MOST_MEMBERS - 4, MOST_MEMBERS, 10_000])
def test_no_more_members_are_looked_up_than_may_be(monkeypatch: pytest.MonkeyPatch, where: str, count: int) -> None:
    """A look-up begins at the first member: as many as 0.8 MB hold took seven seconds."""
    look_ups = count_look_ups(monkeypatch, json_envelope)
    more = {str(index): index for index in range(count)}
    one: dict[str, Any] = {"name": "signal", "shape": [1, 1, 2000], "datatype": "FP32", "data": [0.5] * 2000}
    text = json.dumps({"inputs": [one | more]} if where == "input" else {"inputs": [one]} | more).encode()
    if count < MOST_MEMBERS:
        read = parse_envelope(text)
        assert isinstance(read["inputs"][0]["data"], np.ndarray)
        assert (read["inputs"][0] if where == "input" else read).items() >= more.items()
        assert len(look_ups) == count + 5
    else:
        with pytest.raises(MalformedEnvelopeError, match="at most 100 are read"):
            parse_envelope(text)
        assert len(look_ups) <= 1


def test_plain_numbers_are_never_read_by_the_standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is several times slower: a body that goes that way unseen costs as much."""
    monkeypatch.delattr(json_envelope, "read_json")
    for data in ([0.5] * 2000, [[[0.5] * 2000]]):
        one = {"name": "signal", "shape": [1, 1, 2000], "datatype": "FP32", "data": data, "parameters": {"a": 1}}
        document = {"id": "a", "inputs": [one], "outputs": [{"name": "logits", "parameters": {"binary_data": True}}]}
        assert isinstance(parse_envelope(json.dumps(document).encode())["inputs"][0]["data"], np.ndarray)


SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@given(SHAPES, st.data())
def test_data_nested_as_its_shape_is_read_as_it_is(shape: list[int], data: st.DataObject) -> None:
    count = int(np.prod(shape))
    numbers = data.draw(st.lists(st.floats(-9, 9), min_size=count, max_size=count))
    nested = np.array(numbers).reshape(shape).tolist()
    document = {"inputs": [{"shape": shape, "datatype": "FP32", "data": nested}], "padding": "x" * 3000}
    read = parse_envelope(json.dumps(document).encode())["inputs"][0]
    assert isinstance(read["data"], np.ndarray)
    np.testing.assert_array_equal(flat_numbers(read["data"], shape, whole=False, field="data"), numbers)


NESTED = st.recursive(st.integers(-9, 9), lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@given(SHAPES, NESTED)
@example([2, 2], [[1], [2, 3, 4]])
@example([1, 2, 2], [[[1, 2], [3, [4]]]])
def test_data_nested_otherwise_is_refused_as_the_standard_library_s_would_be(shape: list[int], data: Any) -> None:
    document = {"inputs": [{"shape": shape, "datatype": "FP32", "data": data}]}
    results = []
    for padding in ("", "x" * 3000):
        read = parse_envelope(json.dumps(document | {"padding": padding}).encode())["inputs"][0]["data"]
        try:
            results.append(flat_numbers(read, shape, whole=False, field="data").tolist())
        except PalierError as error:
            results.append([error.message])
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "text",
    [
        '{{"inputs":[{{"shape":[{count}],"datatype":"FP32","data":[{numbers}]}}]}}',
        '{{"inputs":[{{"shape":[1,{count}],"datatype":"FP32","data":[[{numbers}]]}}]}}',
        '{{"inputs":[{{"shape":[{count},1],"datatype":"FP32","data":[{rows}]}}]}}',
        '{{"inputs":[{{"shape":[{numbers}],"datatype":"FP32","data":[1]}}]}}',
        '{{"inputs":[{rows}]}}',
        '{{"inputs":[],"x":[{rows}]}}',
        '{{"inputs":[{{"data":["x",{numbers}]}}]}}',
    ],
)
def test_memory_is_linear(text: str) -> None:
    bodies = [
        text.format(count=count, numbers=",".join(["0.5"] * count), rows=",".join(["[0.5]"] * count)).encode()
        for count in (30_000, 120_000)
    ]
    assert_linear_memory(parse_envelope, (bodies[0], bodies[1]), most=30)
