import pytest

from functions.core.models.options import FORMS, DiagnosisOptions
from functions.core.requirements import requirement


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("shaft_speed_rpm", "a number above 0 up to 1000000"),
        ("contact_angle_deg", "a number from 0 below 90"),
        ("machine_group", "a whole number from 1 up to 2"),
        ("unit", "g, m/s2 or mm/s"),
        ("delimiter", "',', ';', space, tab or '|'"),
        ("return_probabilities", "true or false"),
        ("recorded_at", "a date and time with its time zone, like 2026-05-28T20:26:40Z"),
        ("asset_id", "a name of letters, digits and . _ : -, at most 128, the first a letter or a digit"),
        ("charset", "the name of a character set, like windows-1252"),
        ("conditions", "numbers by name, at most 64"),
        ("bearing", "text of at most 160 characters"),
    ],
)
def test_what_an_option_must_be(field: str, expected: str) -> None:
    assert requirement(DiagnosisOptions, field, FORMS) == expected


@pytest.mark.parametrize("field", DiagnosisOptions.__struct_fields__)
def test_every_option_has_a_requirement(field: str) -> None:
    assert requirement(DiagnosisOptions, field, FORMS).strip()
