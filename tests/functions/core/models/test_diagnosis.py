import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from msgspec.structs import replace
from numpy.typing import NDArray

from functions.core.bearings.lines import Evidence, EvidenceLine
from functions.core.models.diagnosis import (
    Diagnosis,
    believed,
    join_probabilities,
    novelty,
    record_probabilities,
    served_windows,
    softmax,
    trust_in,
    weighed,
    window_probabilities,
)
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import ClassLabel, JoinRule, NoveltyRule, TrustRule
from functions.core.preprocessing.arrays import Float32Array
from tests.support.packages import TEMPERATURE, make_manifest
from tests.support.recordings import MEASURED

NOVELTY = NoveltyRule(scale=2.0, threshold=0.5)
MANIFEST = make_manifest("tiny", "1", b"model")
EVIDENCE: dict[str, Any] = {"rule": "evidence", "independence": 1.0}
RULES = [JoinRule(), JoinRule(**EVIDENCE), JoinRule(rule="evidence", independence=0.3, floor=1e-2, doubt=0.01)]
LOGITS = hnp.arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(2, 11)), elements=st.floats(-30, 30))


def output(distance: list[float] | None) -> EngineOutput:
    distances: Float32Array | None = None if distance is None else np.array(distance, np.float32)
    return EngineOutput(np.zeros((len(distance or [0]), 3), np.float32), distances)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [([2.0], 0.5), ([0.0], 0.0), ([6.0], 0.75), ([2.0, 6.0], 0.625), ([-1e-6], 0.0)],
)
def test_novelty_is_the_mean_of_the_windows(distance: list[float], expected: float) -> None:
    assert novelty(output(distance), NOVELTY) == pytest.approx(expected)


@pytest.mark.parametrize(("distance", "rule"), [(None, NOVELTY), ([2.0], None), (None, None)])
def test_novelty_is_unknown_where_it_is_not_measured(distance: list[float] | None, rule: NoveltyRule | None) -> None:
    assert novelty(output(distance), rule) is None


@pytest.mark.parametrize(("measured", "expected"), [(0.0, True), (0.8, True), (0.8001, False), (None, None)])
def test_the_threshold_itself_is_in_distribution(measured: float | None, expected: bool | None) -> None:
    diagnosis = Diagnosis(MANIFEST, "fp32", np.array([0.2, 0.7, 0.1]), 1, measured, 1.0, MEASURED)
    assert diagnosis.in_distribution is expected
    assert diagnosis.predicted_class == 1
    assert diagnosis.confidence == 0.7


@pytest.mark.parametrize("measured", [0.0, 0.9, None])
def test_a_clipped_recording_is_never_in_distribution(measured: float | None) -> None:
    diagnosis = Diagnosis(MANIFEST, "fp32", np.array([0.2, 0.7, 0.1]), 1, measured, 1.0, MEASURED, clipped=True)
    assert diagnosis.in_distribution is False


def test_probabilities_are_calibrated_by_window_then_joined() -> None:
    logits = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], np.float32)
    windows = window_probabilities(EngineOutput(logits, None), MANIFEST)
    weights = np.exp(np.array([2.0, 0.0, 0.0]) / TEMPERATURE)
    np.testing.assert_allclose(windows[0], weights / weights.sum())
    np.testing.assert_allclose(record_probabilities(EngineOutput(logits, None), MANIFEST), windows.mean(axis=0))


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 12)), elements=st.floats(-1e4, 1e4, width=32)),
    st.floats(0.05, 20),
)
def test_rows_are_probabilities_in_the_order_of_the_logits(logits: NDArray[np.float32], temperature: float) -> None:
    probabilities = softmax(logits, temperature)
    assert probabilities.dtype == np.float64
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-12)
    rows = np.arange(len(logits))
    np.testing.assert_array_equal(probabilities[rows, logits.argmax(axis=-1)], probabilities.max(axis=-1))


@pytest.mark.parametrize("offset", [0.0, 1e4, -1e4])
def test_it_is_stable_far_from_zero(offset: float) -> None:
    expected = np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum()
    np.testing.assert_allclose(softmax(np.array([1.0, 2.0, 3.0]) + offset), expected, rtol=1e-9)


def test_an_overwhelming_logit_leaves_nothing_to_the_others() -> None:
    assert softmax(np.array([1e4, 0, -1e4], np.float32)).tolist() == [1, 0, 0]


def test_temperature_divides_the_logits() -> None:
    logits = np.array([0.0, 2.0])
    np.testing.assert_allclose(softmax(logits, 2.0), softmax(logits / 2))
    assert softmax(logits, 4.0).max() < softmax(logits, 1.0).max() < softmax(logits, 0.25).max()


@pytest.mark.parametrize("rule", RULES)
@given(LOGITS)
def test_the_result_is_a_probability(rule: JoinRule, logits: NDArray[np.float64]) -> None:
    joined = join_probabilities(softmax(logits), rule)
    assert joined.shape == logits.shape[1:]
    assert joined.dtype == np.float64
    assert (joined >= 0).all()
    assert joined.sum() == pytest.approx(1)


@pytest.mark.parametrize("rule", RULES[:2])
def test_a_single_window_stands_for_itself(rule: JoinRule) -> None:
    np.testing.assert_allclose(join_probabilities(np.array([[0.9, 0.0999, 0.0001]]), rule), [0.9, 0.0999, 0.0001])


@pytest.mark.parametrize("rule", RULES[:2])
def test_the_order_of_windows_does_not_matter(rule: JoinRule) -> None:
    windows = softmax(np.random.default_rng(1).normal(size=(6, 4)))
    np.testing.assert_allclose(join_probabilities(windows, rule), join_probabilities(windows[::-1], rule))


def test_mean_is_the_arithmetic_mean() -> None:
    np.testing.assert_allclose(join_probabilities(np.array([[0.8, 0.2], [0.4, 0.6]]), JoinRule()), [0.6, 0.4])


def test_evidence_multiplies_as_bayes_does() -> None:
    windows = np.array([[0.8, 0.2], [0.6, 0.4], [0.5, 0.5]])
    product = windows.prod(axis=0)
    np.testing.assert_allclose(join_probabilities(windows, JoinRule(**EVIDENCE)), product / product.sum())


def test_without_independence_it_is_the_geometric_mean() -> None:
    windows = np.array([[0.8, 0.2], [0.6, 0.4]])
    mean = np.sqrt(windows.prod(axis=0))
    rule = JoinRule(rule="evidence", independence=0.0)
    np.testing.assert_allclose(join_probabilities(windows, rule), mean / mean.sum())


def test_one_decisive_window_settles_a_recording_that_the_mean_would_miss() -> None:
    windows = np.array([[0.7, 0.3]] * 4 + [[0.001, 0.999]])
    assert join_probabilities(windows, JoinRule())[1] == pytest.approx(0.4398)
    assert join_probabilities(windows, JoinRule(**EVIDENCE))[1] == pytest.approx(0.97118, abs=1e-5)


def test_the_floor_bounds_what_one_window_can_say() -> None:
    windows = np.array([[0.9, 0.1]] * 2 + [[0.0, 1.0]])
    low, high = (join_probabilities(windows, JoinRule(**EVIDENCE, floor=floor)) for floor in (1e-9, 0.1))
    assert low.argmax() == 1
    assert high.argmax() == 0


def test_doubt_is_spread_over_all_classes() -> None:
    joined = join_probabilities(np.array([[1.0, 0.0]]), JoinRule(doubt=0.02))
    np.testing.assert_allclose(joined, [0.99, 0.01])


TRUST = TrustRule(novelty_from=0.5, discord_from=0.1, slope=10, least=0.2, agreed=0.9, contradicted=0.05)


@pytest.mark.parametrize(
    ("novelty", "discord", "agrees", "expected"),
    [
        (None, 0.0, None, 1.0),
        (0.5, 0.1, None, 1.0),
        (0.6, 0.1, None, 0.2 + 0.8 * math.exp(-1)),
        (0.4, 0.3, None, 0.2 + 0.8 * math.exp(-2)),
        (0.6, 0.3, None, 0.2 + 0.8 * math.exp(-3)),
        (0.9, 0.9, True, 0.9),
        (0.1, 0.0, True, 1.0),
        (0.1, 0.0, False, 0.05),
    ],
)
def test_trust_falls_beyond_what_known_machines_show(
    novelty: float | None, discord: float, agrees: bool | None, expected: float
) -> None:
    assert trust_in(TRUST, novelty, discord, agrees) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("novelty", "expected"), [(None, 0.4), (0.5, 1.0), (0.51, 0.4), (0.9, 0.2 + 0.8 * math.exp(-4))]
)
def test_health_without_a_visible_line_is_unproven_unless_the_machine_is_known(
    novelty: float | None, expected: float
) -> None:
    rule = replace(TRUST, unproven=0.4)
    assert trust_in(rule, novelty, unproven=True) == pytest.approx(expected)
    assert trust_in(rule, None, unproven=False) == 1.0


@pytest.mark.parametrize(("name", "named", "trust"), [("BPFO", 0, 0.4), ("1X", 0, 1.0), ("BPFO", 1, 1.0)])
def test_only_a_healthy_class_whose_bearing_shows_no_line_is_unproven(name: str, named: int, trust: float) -> None:
    classes = [ClassLabel(id=one, name=one.title()) for one in ("normal", "outer_race", "inner_race")]
    joined = np.roll([0.9, 0.05, 0.05], named)
    manifest = replace(MANIFEST, classes=classes, trust=TrustRule(unproven=0.4))
    lines = Evidence(1800.0, [EvidenceLine(name, 3.5, 105.0, [], None)])
    diagnosis = Diagnosis(manifest, "fp32", joined, 1, None, 1.0, MEASURED, evidence=lines)
    found = weighed(diagnosis, joined[None])
    assert (found.predicted_class, found.evidence_agrees) == (named, None)
    assert found.confidence == pytest.approx(trust * 0.9 + (1 - trust) / 3)


@pytest.mark.parametrize(("novelty", "discord"), [(None, 0.0), (0.99, 0.9)])
def test_a_package_without_a_rule_keeps_its_confidence(novelty: float | None, discord: float) -> None:
    assert trust_in(TrustRule(), novelty, discord) == 1.0
    assert trust_in(TrustRule(), novelty, discord, agrees=True) == 1.0
    assert trust_in(TrustRule(), novelty, discord, agrees=False) == 0.01


def test_a_recording_whose_windows_disagree_is_trusted_less_and_keeps_its_class() -> None:
    manifest = replace(MANIFEST, trust=TRUST)
    windows = np.array([[0.1, 0.8, 0.1], [0.1, 0.6, 0.3]])
    diagnosis = Diagnosis(manifest, "fp32", np.array([0.05, 0.9, 0.05]), 2, None, 1.0, MEASURED)
    held = weighed(diagnosis, windows)
    trust = 0.2 + 0.8 * math.exp(-10 * 0.1)
    assert (held.predicted_class, held.evidence_agrees) == (1, None)
    np.testing.assert_allclose(held.probabilities, trust * diagnosis.probabilities + (1 - trust) / 3)


@pytest.mark.parametrize(
    ("odds", "spoken_for", "expected"),
    [
        (1.0, [False, True, True], [0.6, 0.3, 0.1]),
        (4.0, [False, False, False], [0.6, 0.3, 0.1]),
        # 0.4 / 0.6 four times over is 8 / 3, all of it for the likelier of the two classes.
        (4.0, [False, True, True], [0.6 / 0.7 * 3 / 11, 8 / 11, 0.1 / 0.7 * 3 / 11]),
        (4.0, [False, False, True], [0.6 / 0.9 * 9 / 13, 0.3 / 0.9 * 9 / 13, 4 / 13]),
    ],
)
def test_lines_multiply_the_odds_of_their_fault(odds: float, spoken_for: list[bool], expected: list[float]) -> None:
    found = believed(np.array([0.6, 0.3, 0.1]), 1.0, np.array(spoken_for), odds)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(("odds", "named", "overruled"), [(1.0, 1, None), (2.0, 1, None), (50.0, 2, 1)])
def test_lines_overrule_a_network_where_their_odds_are_for_it(odds: float, named: int, overruled: int | None) -> None:
    classes = [ClassLabel(id=one, name=one.title()) for one in ("normal", "outer_race", "inner_race")]
    rule = TrustRule(contradicted=0.5, odds=odds)
    lines = Evidence(1800.0, [EvidenceLine("BPFI", 5.4, 162.0, [], "inner_race")])
    joined = np.array([0.05, 0.9, 0.05])
    diagnosis = Diagnosis(
        replace(MANIFEST, classes=classes, trust=rule), "fp32", joined, 1, None, 1.0, MEASURED, evidence=lines
    )
    held = weighed(diagnosis, joined[None])
    assert (held.predicted_class, held.evidence_agrees, held.overruled) == (named, False, overruled)
    assert held.probabilities.sum() == pytest.approx(1.0)
    note = "The class is that of the visible lines; the network alone names Outer_Race."
    assert held.evidence_note == (None if overruled is None else note)


def test_windows_that_stand_for_themselves_are_trusted_by_their_own_novelty() -> None:
    manifest = replace(MANIFEST, novelty=NOVELTY, trust=TRUST)
    logits = np.array([[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]], np.float32)
    calibrated = softmax(logits, TEMPERATURE)
    served = served_windows(EngineOutput(logits, np.array([1.0, 18.0], np.float32)), manifest)
    trust = 0.2 + 0.8 * math.exp(-10 * 0.4)
    np.testing.assert_allclose(served[0], calibrated[0])
    np.testing.assert_allclose(served[1], trust * calibrated[1] + (1 - trust) / 3)
    np.testing.assert_allclose(served_windows(EngineOutput(logits, None), manifest), calibrated)
