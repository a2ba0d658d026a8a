"""Whether visible lines speak for a class."""

import pytest

from functions.core.bearings.lines import Evidence, EvidenceLine, Fault
from functions.core.models.agreement import evidence_agrees, faults_of_class


@pytest.mark.parametrize(
    ("class_id", "faults"),
    [
        ("outer_race_007", {"outer_race"}),
        ("inner-race", {"inner_race"}),
        ("ball_021", {"rolling_element"}),
        ("inner_outer", {"inner_race", "outer_race"}),
        ("oil_whirl", {"oil_whirl"}),
        ("cavitation_clearance", {"oil_whirl"}),
        ("normal", set()),
        ("healthy", set()),
        ("misalignment", None),
        ("router", None),
    ],
)
def test_a_class_stands_for_the_faults_that_its_id_names(class_id: str, faults: set[Fault] | None) -> None:
    assert faults_of_class(class_id) == faults


@pytest.mark.parametrize(
    ("class_id", "supported", "agrees"),
    [
        ("outer_race_007", ["outer_race"], True),
        ("outer_race_007", ["inner_race"], False),
        ("outer_race_007", ["inner_race", "outer_race"], True),
        ("outer_race_007", [], None),
        ("normal", ["outer_race"], False),
        ("normal", [], None),
        ("ball_007", ["cage"], True),
        ("normal", ["cage"], False),
        ("misalignment", ["oil_whirl"], None),
    ],
)
def test_evidence_agrees_contradicts_or_says_nothing(
    class_id: str, supported: list[Fault], agrees: bool | None
) -> None:
    lines = [EvidenceLine("X", 1.0, 30.0, [], None), *(EvidenceLine("X", 1.0, 30.0, [], one) for one in supported)]
    assert evidence_agrees(class_id, Evidence(1800, lines)) is agrees
