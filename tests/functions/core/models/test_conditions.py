"""Conditions of operation: read, compared with a model, and refused with a sentence."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.decoding.json_body import decode_json
from functions.core.errors import (
    ConditionMissingError,
    ConditionRangeError,
    InvalidOptionError,
    UnknownConditionError,
    UnusableError,
)
from functions.core.models.conditions import (
    check_rows,
    condition_rows,
    conditions_of_each,
    ordinary_conditions,
    parse_conditions,
    used_conditions,
)
from functions.core.models.manifest import MOST_CONDITIONS
from functions.core.models.options import DiagnosisOptions
from tests.support.packages import LOAD, SPEED, make_manifest

SPEC = make_manifest("tiny", "1", b"x", conditions=[SPEED, LOAD]).input
NONE = make_manifest("tiny", "1", b"x").input
NAMES = st.text(st.characters(categories=("L", "N"), include_characters="_-"), min_size=1, max_size=64)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**50), 2**50)
CONDITIONS = st.dictionaries(NAMES, NUMBERS, max_size=MOST_CONDITIONS)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=70), inner, max_size=3),
    max_leaves=8,
)


@given(CONDITIONS)
def test_a_query_an_object_and_a_json_body_mean_the_same(conditions: dict[str, float]) -> None:
    expected = {name: float(value) for name, value in conditions.items()}
    query = {f"conditions.{name}": str(value) for name, value in conditions.items()}
    assert DiagnosisOptions.parse(query).conditions == expected
    assert DiagnosisOptions.parse({"conditions": conditions}).conditions == expected
    body = json.dumps({"signal": [1.0, 2.0], "conditions": conditions}).encode()
    assert DiagnosisOptions.parse(decode_json(body).options).conditions == expected


@given(CONDITIONS, CONDITIONS)
def test_a_query_stands_before_the_body_name_by_name(body: dict[str, float], query: dict[str, float]) -> None:
    values: dict[str, Any] = {"conditions": body, **{f"conditions.{name}": value for name, value in query.items()}}
    if len(body.keys() | query.keys()) > MOST_CONDITIONS:
        with pytest.raises(InvalidOptionError):
            DiagnosisOptions.parse(values)
    else:
        assert DiagnosisOptions.parse(values).conditions == {**body, **query}


@given(ANY_JSON)
def test_whatever_is_sent_is_read_or_refused_in_a_sentence(value: Any) -> None:
    refusal: UnusableError | None = None
    read: dict[str, float] = {}
    try:
        read = DiagnosisOptions.parse({"conditions": value}).conditions
    except UnusableError as error:
        refusal = error
    if refusal is None:
        assert read == value
        assert all(math.isfinite(number) and not isinstance(number, bool) for number in read.values())
    else:
        assert (refusal.status, len(refusal.message) < 250) == (422, True)
        assert (refusal.field or "").startswith("conditions")


@pytest.mark.parametrize(
    ("given_", "field", "words"),
    [
        (None, "conditions", "object of name to number"),
        (3, "conditions", r"write conditions\.NAME=VALUE"),
        ([], "conditions", "object of name to number"),
        ({"load": "1"}, "conditions.load", "must be a number"),
        ({"load": True}, "conditions.load", "must be a number"),
        ({"load": None}, "conditions.load", "must be a number"),
        ({"load": [1]}, "conditions.load", "must be a number"),
        ({"load": math.nan}, "conditions.load", "must be a finite number"),
        ({"load": -math.inf}, "conditions.load", "must be a finite number"),
        ({"load": 10**400}, "conditions.load", "must be a finite number"),
        ({"x" * 65: 1}, f"conditions.{'x' * 64}", "at most 64 printable characters"),
        ({"\ud800": 1}, "conditions.?", "at most 64 printable characters"),
        ({f"c{index}": 1 for index in range(65)}, "conditions", "has 65 members; a model takes at most 64"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_conditions_is_invalid(given_: Any, field: str, words: str) -> None:
    with pytest.raises(InvalidOptionError, match=words) as refusal:
        parse_conditions(given_)
    assert refusal.value.field == field


@pytest.mark.parametrize("text", ["", "fast", "nan", "inf", "-Infinity", "true", "1e999", "1 2", "0x10", "1" * 41])
def test_a_query_of_what_is_no_number_is_invalid(text: str) -> None:
    with pytest.raises(InvalidOptionError) as refusal:
        DiagnosisOptions.parse({"conditions.load": text})
    assert refusal.value.field == "conditions.load"


def test_a_list_has_an_object_for_each_recording() -> None:
    assert conditions_of_each([{"load": 1}, {}], 2) == [{"load": 1.0}, {}]
    with pytest.raises(InvalidOptionError, match="conditions has 1 entries for 2 recordings"):
        conditions_of_each([{}], 2)
    with pytest.raises(InvalidOptionError) as refusal:
        conditions_of_each([{}, {"load": "heavy"}], 2)
    assert refusal.value.field == "conditions[1].load"


def test_a_model_gets_its_conditions_in_the_order_of_its_manifest() -> None:
    used = used_conditions(SPEC, {"load": 2, "shaft_speed_rpm": 1800})
    assert list(used.items()) == [("shaft_speed_rpm", 1800), ("load", 2)]
    rows = condition_rows(used, 3)
    assert (rows.tolist(), rows.dtype, rows.flags.c_contiguous) == ([[1800, 2]] * 3, np.dtype(np.float32), True)


def test_a_default_stands_for_what_is_not_required() -> None:
    assert used_conditions(SPEC, {"shaft_speed_rpm": 100}) == {"shaft_speed_rpm": 100, "load": 0.5}


def test_one_that_is_missing_is_named_with_its_unit_and_range() -> None:
    with pytest.raises(ConditionMissingError) as refusal:
        used_conditions(SPEC, {"load": 1})
    assert refusal.value.message == "The model needs the condition 'shaft_speed_rpm', a number from 100 to 6000 rpm."
    assert (refusal.value.status, refusal.value.field) == (422, "conditions.shaft_speed_rpm")


def test_an_unknown_one_is_named_beside_the_known_ones() -> None:
    with pytest.raises(UnknownConditionError) as refusal:
        used_conditions(SPEC, {"shaft_speed_rpm": 100, "speed": 1})
    assert refusal.value.message == "The model takes no condition 'speed'; it takes shaft_speed_rpm, load."
    assert refusal.value.field == "conditions.speed"


def test_a_model_without_conditions_takes_none() -> None:
    assert used_conditions(NONE, {}) == {}
    with pytest.raises(
        UnknownConditionError, match=r"^The model takes no conditions of operation: leave 'load' out\.$"
    ):
        used_conditions(NONE, {"load": 1})


@pytest.mark.parametrize("value", [99.999, 6000.001, -1.0, 0.0, 70000.0])
def test_one_outside_its_range_is_refused(value: float) -> None:
    with pytest.raises(
        ConditionRangeError, match=f"'shaft_speed_rpm' is {value:.9g}; .* from 100 to 6000 rpm"
    ) as refusal:
        used_conditions(SPEC, {"shaft_speed_rpm": value}, "conditions[3]")
    assert refusal.value.field == "conditions[3].shaft_speed_rpm"


@pytest.mark.parametrize("value", [100, 6000])
def test_the_ends_of_the_range_are_within_it(value: float) -> None:
    assert used_conditions(SPEC, {"shaft_speed_rpm": value})["shaft_speed_rpm"] == value


def test_rows_are_held_against_the_range_as_float32_has_it() -> None:
    """-0.1 in float32 is below -0.1 in float64."""
    check_rows(np.array([[100, -0.1], [6000, 5]], np.float32), SPEC, "inputs[1]")


@pytest.mark.parametrize(("column", "value"), [(0, 99), (1, -0.2), (1, math.nan), (0, math.inf)])
def test_a_row_outside_the_range_is_named(column: int, value: float) -> None:
    rows = np.array([[100, 1], [100, 1]], np.float32)
    rows[1, column] = value
    name = ("shaft_speed_rpm", "load")[column]
    with pytest.raises(ConditionRangeError, match=f"'{name}' is {value:.3g}.* in row 1; ") as refusal:
        check_rows(rows, SPEC, "inputs[1]")
    assert refusal.value.field == "inputs[1]"


def test_a_model_runs_where_nobody_gives_conditions() -> None:
    assert ordinary_conditions(SPEC) == {"shaft_speed_rpm": 3050, "load": 0.5}
