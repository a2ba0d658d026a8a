import numpy as np
import pytest

from build_scripts.evidence.calibrate import (
    calibrate,
    fit_evidence_rule,
    fit_novelty_rule,
    fit_temperature,
    join_score,
    log_loss,
    record_novelty,
    shown_doubt,
)
from build_scripts.measuring.outputs import RecordOutputs
from functions.core.models.diagnosis import softmax
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import JoinRule

MEAN = JoinRule(rule="mean")
EVIDENCE = JoinRule(rule="evidence", floor=1e-3, independence=1.0)


def outputs(records: int, seed: int, *, with_distance: bool = True) -> RecordOutputs:
    """Two classes: 0 shows in no window, 1 in each window with probability one half, as bursts do."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, records)
    shows = (rng.random((records, 5)) < 0.5) & (label == 1)[:, None]
    # P(1 | nothing shows) is one third
    logits = np.stack([np.where(shows, 0.0, np.log(2.0)), np.where(shows, 8.0, 0.0)], axis=2).astype(np.float32)
    distance = rng.chisquare(10, (records, 5)).astype(np.float32) / 10
    rows = zip(logits, distance, strict=True)
    return RecordOutputs(tuple(EngineOutput(row, gap if with_distance else None) for row, gap in rows), label)


def test_temperature_recovers_the_scale_of_overconfident_logits() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20000, 4)).astype(np.float32)
    label = np.array([rng.choice(4, p=row) for row in softmax(logits)])
    assert fit_temperature(logits, label) == pytest.approx(1.0, rel=0.05)
    assert fit_temperature(3 * logits, label) == pytest.approx(3.0, rel=0.05)


def test_windows_that_are_all_right_leave_the_temperature_alone() -> None:
    label = np.array([0, 1, 1])
    assert fit_temperature(np.eye(2, dtype=np.float32)[label], label) == 1.0


def test_log_loss_is_bounded_for_impossible_labels() -> None:
    probabilities = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert log_loss(probabilities, np.array([0, 1])) == pytest.approx((np.log(2) - np.log(1e-12)) / 2)


def test_evidence_beats_the_mean_where_one_window_settles_it() -> None:
    found = outputs(2000, 0)
    probabilities = found.probabilities(1.0)
    mean, evidence = (join_score(probabilities, found.label, rule) for rule in (MEAN, EVIDENCE))
    assert evidence.accuracy > mean.accuracy + 0.02
    assert evidence.nll < mean.nll


def test_windows_that_are_independent_are_counted_as_such() -> None:
    found = outputs(1500, 0)
    rule = fit_evidence_rule(found.probabilities(1.0), found.label)
    assert rule.rule == "evidence"
    assert rule.independence >= 0.8


def test_windows_that_repeat_each_other_are_not_counted_twice() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 1200)
    sides = np.where(rng.random(1200) < 0.8, label, 1 - label)
    rows = np.where(sides[:, None] == np.arange(2), 0.8, 0.2)
    rule = fit_evidence_rule([np.repeat(row[None], 5, axis=0) for row in rows], label)
    assert rule.independence == 0.0


def test_half_a_percent_of_the_fitted_records_is_novel() -> None:
    found = outputs(2000, 0)
    rule = fit_novelty_rule(found)
    assert (record_novelty(found, rule) > rule.threshold).mean() == pytest.approx(0.005, abs=0.001)
    assert 0 < rule.threshold < 0.5


def test_the_calibration_chooses_by_unseen_records() -> None:
    calibration = calibrate(outputs(2000, 0), outputs(2000, 1))
    assert calibration.join.rule == "evidence"
    assert calibration.scores["evidence"].accuracy > calibration.scores["mean"].accuracy
    assert calibration.false_alarm_rate == pytest.approx(0.005, abs=0.01)
    assert calibration.join.doubt == shown_doubt(4000)


def test_without_distances_no_novelty_is_calibrated() -> None:
    calibration = calibrate(outputs(200, 0, with_distance=False), outputs(200, 1, with_distance=False))
    assert (calibration.novelty, calibration.false_alarm_rate) == (None, None)


def test_a_model_without_distance_is_refused() -> None:
    silent = outputs(10, 0, with_distance=False)
    with pytest.raises(ValueError, match="no output named distance"):
        fit_novelty_rule(silent)
    with pytest.raises(ValueError, match="no output named distance"):
        record_novelty(silent, fit_novelty_rule(outputs(10, 0)))


def test_the_false_alarm_rate_sets_the_threshold() -> None:
    found = outputs(2000, 0)
    rule = fit_novelty_rule(found, 0.05)
    assert np.mean(record_novelty(found, rule) > rule.threshold) == pytest.approx(0.05, abs=0.005)
