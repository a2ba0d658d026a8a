from collections.abc import Sequence

import numpy as np
import pytest

from build_scripts.evidence.calibrate import Calibration
from build_scripts.evidence.judged import NO_CLASS, Foreign, Strangers, judge
from build_scripts.evidence.trust import fit_trust
from build_scripts.measuring.outputs import RecordOutputs
from functions.core.bearings.lines import Evidence, EvidenceLine, Fault
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import JoinRule, NoveltyRule, TrustRule

IDS = ("normal", "ball_007", "ball_014", "clearance")
CALIBRATION = Calibration(1.0, JoinRule(), NoveltyRule(scale=1.0, threshold=0.5), {}, 0.0)
UNMEASURED = Calibration(1.0, JoinRule(), None, {}, None)
NORMAL, BALL_007, BALL_014, CLEARANCE = range(4)


def records(
    named: Sequence[int], label: Sequence[int], distance: float | None, strength: float = 8.0, windows: int = 2
) -> RecordOutputs:
    """Records of two windows that all name one class."""
    gap = None if distance is None else np.full(windows, distance, np.float32)
    logits = [np.tile(strength * np.eye(4, dtype=np.float32)[index], (windows, 1)) for index in named]
    return RecordOutputs(tuple(EngineOutput(one, gap) for one in logits), np.array(label, np.int64))


def showing(fault: Fault | None) -> Evidence:
    return Evidence(1800.0, [EvidenceLine("X", 3.0, 90.0, [], fault)])


def test_a_fault_of_another_size_is_right_and_one_without_a_class_never() -> None:
    outputs = records(
        [BALL_007, BALL_007, NORMAL, CLEARANCE, CLEARANCE], [BALL_014, NORMAL, NO_CLASS, CLEARANCE, BALL_007], 1.0
    )
    judged = judge(outputs, CALIBRATION, IDS)
    assert judged.right.tolist() == [True, False, False, True, False]
    np.testing.assert_allclose(judged.novelty, 0.5)
    np.testing.assert_allclose(judged.discord, 0.0, atol=1e-12)


def test_discord_is_how_far_the_windows_stay_below_the_recording() -> None:
    logits = np.array([[8, 0, 0, 0], [8, 0, 0, 0], [8, 0, 0, 0], [0, 0, 8, 0]], np.float32)
    outputs = RecordOutputs((EngineOutput(logits, None),), np.array([NORMAL]))
    rule = Calibration(1.0, JoinRule(rule="evidence", independence=1.0), None, {}, None)
    judged = judge(outputs, rule, IDS)
    assert judged.confidence[0] > 0.999
    assert judged.discord[0] == pytest.approx(0.25, abs=0.002)


def test_confidence_falls_to_the_share_that_is_right_on_strange_machines_alone() -> None:
    known = records([NORMAL] * 50, [NORMAL] * 50, 0.5)
    # Novelty 0.9; four of ten are right.
    foreign = records([NORMAL] * 100, [NORMAL] * 40 + [BALL_007] * 60, 9.0)
    fitted = fit_trust(Strangers(known, [Foreign(foreign)]), CALIBRATION, IDS)
    judged = judge(foreign, CALIBRATION, IDS)
    assert judged.trusted(fitted.rule) == pytest.approx(0.4, abs=0.02)
    np.testing.assert_array_equal(
        judge(known, CALIBRATION, IDS).trusted(fitted.rule), judge(known, CALIBRATION, IDS).confidence
    )
    assert fitted.before.error == pytest.approx(0.6, abs=0.01)
    assert fitted.after.error < 0.05


def test_without_novelty_the_rule_rests_on_the_windows_alone() -> None:
    known, foreign = records([0] * 9, [0] * 9, None), Foreign(records([0] * 9, [1] * 9, None))
    fitted = fit_trust(Strangers(known, [foreign]), UNMEASURED, IDS)
    assert (fitted.rule.novelty_from, fitted.rule.agreed) == (1.0, 0.0)


@pytest.mark.parametrize(("cases", "agreed"), [(40, 1 - 4 / 3 / 42), (10, 0.0)])
def test_lines_that_agree_count_as_often_as_they_were_right(cases: int, agreed: float) -> None:
    known = records([NORMAL] * 10, [NORMAL] * 10, 0.5)
    foreign = records([BALL_007] * (2 * cases), [BALL_014] * cases + [NORMAL] * cases, 9.0)
    lines = [showing("rolling_element")] * cases + [showing(None)] * cases
    rule = fit_trust(Strangers(known, [Foreign(foreign, lines)]), CALIBRATION, IDS).rule
    assert rule.agreed == pytest.approx(agreed)
    assert (rule.contradicted, rule.odds) == (0.01, 1.0)


def contradicted(by_lines: int, by_network: int) -> Foreign:
    """Foreign records whose lines speak for a ball fault where the network names none."""
    cases = by_lines + by_network
    outputs = records([NORMAL] * cases, [BALL_014] * by_lines + [NORMAL] * by_network, 1.0)
    return Foreign(outputs, [showing("rolling_element")] * cases)


@pytest.mark.parametrize(("by_lines", "by_network"), [(18, 2), (2, 18), (10, 10)])
def test_of_lines_and_network_that_contradict_each_other_the_one_is_believed_that_was_right(
    by_lines: int, by_network: int
) -> None:
    foreign = contradicted(by_lines, by_network)
    rule = fit_trust(Strangers(records([NORMAL] * 10, [NORMAL] * 10, 0.5), [foreign]), CALIBRATION, IDS).rule
    found = judge(foreign.outputs, CALIBRATION, IDS, foreign.evidence).believed(rule)
    np.testing.assert_allclose(found[:, [BALL_007, BALL_014]].max(axis=1), by_lines / 20, atol=0.03)
    np.testing.assert_allclose(found[:, NORMAL], by_network / 20, atol=0.03)


def test_too_few_contradictions_teach_nothing() -> None:
    known, foreign = records([NORMAL] * 10, [NORMAL] * 10, 0.5), contradicted(19, 0)
    rule = fit_trust(Strangers(known, [foreign]), CALIBRATION, IDS).rule
    assert (rule.contradicted, rule.odds) == (0.01, 1.0)


def test_an_answer_that_lines_overrule_is_judged_by_their_class() -> None:
    foreign = contradicted(2, 1)
    judged = judge(foreign.outputs, CALIBRATION, IDS, foreign.evidence)
    assert judged.right.tolist() == [False, False, True]
    confidence, right = judged.answers(TrustRule(contradicted=0.01, odds=50.0))
    assert right.tolist() == [True, True, False]
    np.testing.assert_allclose(confidence, 0.98, atol=0.02)


def quiet(label: Sequence[int], distance: float | None = None) -> Foreign:
    """Records that are called healthy, of bearings that show no line."""
    lines = Evidence(1800.0, [EvidenceLine("BPFO", 3.0, 90.0, [], None)])
    return Foreign(records([NORMAL] * len(label), label, distance), [lines] * len(label))


@pytest.mark.parametrize("healthy", [3, 30])
def test_health_without_a_line_is_as_sure_as_it_is_often_right_however_many_are_healthy(healthy: int) -> None:
    # All the healthy come to this answer, and half of the ball faults: 2 of 3 where both kinds count alike.
    foreign = quiet([NORMAL] * healthy + [BALL_014] * 20)
    seen = records([BALL_007] * 20, [BALL_007] * 20, None)
    lines = [*foreign.evidence, *[showing("rolling_element")] * 20]
    outputs = RecordOutputs(foreign.outputs.outputs + seen.outputs, np.r_[foreign.outputs.label, seen.label])
    known = records([NORMAL] * 10, [NORMAL] * 10, None)
    rule = fit_trust(Strangers(known, [Foreign(outputs, lines)]), UNMEASURED, IDS).rule
    judged = judge(outputs, UNMEASURED, IDS, lines)
    assert judged.unproven.tolist() == [True] * (healthy + 20) + [False] * 20
    np.testing.assert_allclose(judged.answers(rule)[0][: healthy + 20], 2 / 3, atol=0.001)


@pytest.mark.parametrize("foreign", [quiet([BALL_014] * 30), quiet([NORMAL] * 9 + [BALL_014] * 10)])
def test_without_healthy_machines_or_with_few_answers_health_is_not_doubted(foreign: Foreign) -> None:
    known = records([NORMAL] * 10, [NORMAL] * 10, None)
    assert fit_trust(Strangers(known, [foreign]), UNMEASURED, IDS).rule.unproven == 1.0


def test_health_of_machines_that_look_known_teaches_nothing() -> None:
    known, foreign = records([NORMAL] * 10, [NORMAL] * 10, 0.5), quiet([NORMAL] * 15 + [BALL_014] * 15, 0.5)
    assert fit_trust(Strangers(known, [foreign]), CALIBRATION, IDS).rule.unproven == 1.0


def test_lines_that_are_not_visible_or_not_looked_for_say_nothing() -> None:
    outputs = records([BALL_007, BALL_007, NORMAL], [BALL_007, BALL_007, NORMAL], 1.0)
    judged = judge(outputs, CALIBRATION, IDS, [None, showing(None), showing("outer_race")])
    assert judged.agrees == [None, None, False]
    assert not judged.spoken_for.any()
    rule = TrustRule(least=0.5, novelty_from=0.0, slope=100.0, contradicted=0.1)
    found = judged.believed(rule).max(axis=1)
    np.testing.assert_allclose(found[:2], judged.trusted(rule)[:2])
    np.testing.assert_allclose(found[:2], 0.5 * judged.confidence[:2] + 0.5 / 4, atol=1e-9)
    assert found[2] == pytest.approx(0.1 * judged.confidence[2] + 0.9 / 4)
