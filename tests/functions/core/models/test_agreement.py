"""Whether visible lines speak for a class."""

import pytest

from functions.core.bearings.lines import Evidence, EvidenceLine, Fault
from functions.core.models.agreement import classes_of_lines, evidence_agrees, faults_of_class


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


@pytest.mark.parametrize(
    ("supported", "classes"),
    [
        (["inner_race"], [False, True, True, False]),
        (["cage"], [False, False, False, True]),
        (["inner_race", "cage"], [False, True, True, False]),
        ([], [False] * 4),
    ],
)
def test_lines_speak_for_every_class_of_their_fault(supported: list[Fault], classes: list[bool]) -> None:
    lines = [EvidenceLine("X", 1.0, 1.0, [], fault) for fault in supported]
    found = classes_of_lines(["normal", "inner_race_007", "inner_race_014", "ball_007"], Evidence(1800.0, lines))
    assert found.tolist() == classes
