import math
from typing import Any

import pytest
from msgspec.structs import asdict

from functions.core.bearings.orders import MOST_ELEMENTS
from functions.core.bearings.stated import GEOMETRY_NAMES, ORDER_NAMES
from functions.core.errors import InvalidOptionError, SampleRateError, UnknownOptionError, UnusableError
from functions.core.models.options import GEOMETRY, ORDERS, DiagnosisOptions


def test_nothing_means_the_defaults() -> None:
    assert asdict(DiagnosisOptions.parse({})) == {
        "sample_rate_hz": None,
        "return_probabilities": True,
        "return_top_k": None,
        "model": None,
        "version": None,
        "asset_id": None,
        "recorded_at": None,
        "channel": None,
        "full_scale": None,
        "sample_format": "float32",
        "skip_rows": 0,
        "time_column": None,
        "time_unit": None,
        "delimiter": None,
        "charset": None,
        "unit": None,
        "machine_group": None,
        "foundation": None,
        "conditions": {},
        "shaft_speed_rpm": None,
        "bearing": None,
        "bpfo_order": None,
        "bpfi_order": None,
        "bsf_order": None,
        "ftf_order": None,
        "rolling_elements": None,
        "element_diameter": None,
        "pitch_diameter": None,
        "contact_angle_deg": None,
    }


@pytest.mark.parametrize("name", list(DiagnosisOptions.__struct_fields__))
def test_null_is_as_if_absent_where_there_is_no_other_default(name: str) -> None:
    if getattr(DiagnosisOptions(), name) is None:
        assert DiagnosisOptions.parse({name: None}) == DiagnosisOptions()
    else:
        with pytest.raises(InvalidOptionError):
            DiagnosisOptions.parse({name: None})


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("sample_rate_hz", "20480", 20480.0),
        ("sample_rate_hz", 12000, 12000.0),
        ("return_probabilities", "false", False),
        ("return_probabilities", "1", True),
        ("return_top_k", "3", 3),
        ("version", 10, "10"),
        ("version", "10", "10"),
        ("channel", 1, "1"),
        ("channel", "DE_g", "DE_g"),
        ("asset_id", "pump-7.A:2_b", "pump-7.A:2_b"),
        ("full_scale", "4", 4.0),
        ("sample_format", "int16", "int16"),
        ("sample_format", "float64be", "float64be"),
        ("skip_rows", "3", 3),
        ("time_column", 0, "0"),
        ("time_unit", "us", "us"),
        ("delimiter", "tab", "tab"),
        ("unit", "m/s2", "m/s2"),
        ("machine_group", "1", 1),
        ("foundation", "rigid", "rigid"),
        ("charset", "utf-16", "utf-16"),
    ],
)
def test_queries_and_json_mean_the_same(name: str, given: Any, expected: Any) -> None:
    assert getattr(DiagnosisOptions.parse({name: given}), name) == expected


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("return_probabilities", "maybe"),
        ("return_probabilities", 2),
        ("return_top_k", 0),
        ("return_top_k", -1),
        ("return_top_k", 1.5),
        ("return_top_k", "many"),
        ("model", 3),
        ("model", ["a"]),
        ("version", True),
        ("version", 1.5),
        ("channel", True),
        ("asset_id", ""),
        ("asset_id", "a b"),
        ("asset_id", "../etc"),
        ("asset_id", "a\n"),
        ("asset_id", "x" * 129),
        ("full_scale", 0),
        ("full_scale", "nan"),
        ("full_scale", "inf"),
        ("sample_format", "int8"),
        ("sample_format", 16),
        ("skip_rows", -1),
        ("time_unit", "hours"),
        ("delimiter", "x"),
    ],
)
def test_a_value_that_cannot_be_is_invalid(name: str, given: Any) -> None:
    with pytest.raises(InvalidOptionError, match=f"The option '{name}' must be ") as refusal:
        DiagnosisOptions.parse({name: given})
    assert (refusal.value.status, refusal.value.field) == (422, name)


@pytest.mark.parametrize("given", ["fast", [1], {}, ""])
def test_a_rate_that_is_no_number_is_a_sample_rate_error(given: Any) -> None:
    with pytest.raises(SampleRateError) as refusal:
        DiagnosisOptions.parse({"sample_rate_hz": given})
    assert refusal.value.field == "sample_rate_hz"


@pytest.mark.parametrize("rate", ["nan", "inf", "-Infinity", math.nan, math.inf, -math.inf])
def test_a_rate_that_is_not_finite_is_refused(rate: float | str) -> None:
    with pytest.raises(SampleRateError, match=r"neither NaN nor infinite|must be a number above 0") as refusal:
        DiagnosisOptions.parse({"sample_rate_hz": rate})
    assert refusal.value.field == "sample_rate_hz"


@pytest.mark.parametrize("name", ["channel", "version", "return_top_k", "sample_rate_hz", "full_scale", "recorded_at"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_of_thousands_of_digits_is_refused(name: str, sign: int) -> None:
    """Python refuses to write or read one as text, with an error of its own."""
    if name != "return_top_k" or sign < 0:
        with pytest.raises(UnusableError):
            DiagnosisOptions.parse({name: sign * 10**5000})
    if name not in {"channel", "version"}:
        with pytest.raises(UnusableError):
            DiagnosisOptions.parse({name: ("-" if sign < 0 else "") + "9" * 5000})


@pytest.mark.parametrize("name", sorted(DiagnosisOptions.__struct_fields__))
@pytest.mark.parametrize(
    "value",
    ["\ud800", "x" * 1_000_000, {"x" * 1_000_000: 1}, ["x" * 1_000_000]],
    ids=["half", "text", "object", "list"],
)
def test_no_value_is_a_defect_or_repeated_at_length(name: str, value: Any) -> None:
    names = {"model", "version", "channel", "time_column"}
    if isinstance(value, str) and (name in names or (name, value) == ("bearing", "\ud800")):
        # Any text may be a name; that of a bearing is bounded.
        assert getattr(DiagnosisOptions.parse({name: value}), name) == value
        return
    with pytest.raises(UnusableError) as refusal:
        DiagnosisOptions.parse({name: value})
    assert len(refusal.value.message) < 500


def test_the_name_of_an_unknown_option_is_not_repeated_at_length() -> None:
    with pytest.raises(UnknownOptionError) as refusal:
        DiagnosisOptions.parse({"x" * 1_000_000: 1})
    assert len(refusal.value.message) < 500
    assert len(refusal.value.field or "") < 200


@pytest.mark.parametrize("name", ["sample_rate", "Model", "signals", ""])
def test_an_unknown_option_is_named_beside_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownOptionError, match="there are sample_rate_hz, return_probabilities") as refusal:
        DiagnosisOptions.parse({name: 1})
    assert refusal.value.field == name


def test_an_option_whose_name_is_no_text_is_invalid() -> None:
    with pytest.raises(InvalidOptionError) as refusal:
        DiagnosisOptions.parse({"\ud800": 1})
    assert refusal.value.field is None


def test_options_of_a_bearing_are_those_that_state_one() -> None:
    assert ORDERS == ORDER_NAMES
    assert (*GEOMETRY_NAMES, "contact_angle_deg") == GEOMETRY
    assert DiagnosisOptions.parse({"rolling_elements": MOST_ELEMENTS}).rolling_elements == MOST_ELEMENTS
    with pytest.raises(InvalidOptionError, match=f"from 1 up to {MOST_ELEMENTS}"):
        DiagnosisOptions.parse({"rolling_elements": MOST_ELEMENTS + 1})
