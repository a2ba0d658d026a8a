"""The step that calibrates: temperature, join rule and novelty threshold, on records nobody trained on."""

from dataclasses import dataclass
from itertools import product

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from build_scripts.measuring.outputs import RecordOutputs
from build_scripts.networks.logits import SMALLEST_PROBABILITY
from functions.core.models.diagnosis import join_probabilities, novelty, softmax
from functions.core.models.manifest import JoinRule, NoveltyRule, TrustRule
from functions.core.preprocessing.arrays import Float32Array, Float64Array

FLOORS = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5, 1e-6)
INDEPENDENCES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
NLL_TOLERANCE = 1e-3
FALSE_ALARM_RATE = 0.005
TYPICAL_QUANTILE = 0.95


@dataclass(frozen=True)
class JoinScore:
    """Score of a join rule on records: share right, and mean negative log-likelihood in nats."""

    accuracy: float
    nll: float


@dataclass(frozen=True)
class Calibration:
    """The manifest's calibration, and the figures it was chosen by (on records unseen by the fit).

    novelty and false_alarm_rate are None where the model gives no distance; trust where it was not
    fitted.
    """

    temperature: float
    join: JoinRule
    novelty: NoveltyRule | None
    scores: dict[str, JoinScore]
    false_alarm_rate: float | None
    trust: TrustRule | None = None


def calibrate(fit: RecordOutputs, unseen: RecordOutputs, false_alarm_rate: float = FALSE_ALARM_RATE) -> Calibration:
    """Fit temperature, join rule and novelty on `fit`; choose between the join rules on `unseen`."""
    temperature = fit_temperature(fit.window_logits, fit.window_label)
    rules = (JoinRule(rule="mean"), fit_evidence_rule(fit.probabilities(temperature), fit.label))
    scores = {rule.rule: join_score(unseen.probabilities(temperature), unseen.label, rule) for rule in rules}
    rule = max(rules, key=lambda one: (scores[one.rule].accuracy, -scores[one.rule].nll))
    rule = msgspec.structs.replace(rule, doubt=shown_doubt(len(fit.label) + len(unseen.label)))
    novelty_rule = fit_novelty_rule(fit, false_alarm_rate) if fit.measures_distance else None
    alarms = None if novelty_rule is None else _false_alarms(unseen, novelty_rule)
    return Calibration(temperature, rule, novelty_rule, {str(name): score for name, score in scores.items()}, alarms)


def _false_alarms(unseen: RecordOutputs, rule: NoveltyRule) -> float:
    return float((record_novelty(unseen, rule) > rule.threshold).mean())


def shown_doubt(records: int) -> float:
    """Return the doubt that remains after `records` records without an error.

    Source: Laplace's rule of succession, one error expected in records + 2.
    """
    return 1.0 / (records + 2)


def fit_temperature(logits: Float32Array, label: NDArray[np.int64]) -> float:
    """Return the temperature that minimises the log loss of logits float32 [n, K], label int64 [n].

    Windows that are all right do not determine a temperature (the loss falls with it without end): it stays 1.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    if (logits.argmax(axis=1) == label).all():
        return 1.0

    def loss(log_temperature: float) -> float:
        return log_loss(softmax(logits, float(np.exp(log_temperature))), label)

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def log_loss(probabilities: Float64Array, label: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood in nats of probabilities float64 [n, K] for label int64 [n]."""
    likelihood = probabilities[np.arange(len(label)), label]
    return float(np.log(1.0 / np.maximum(likelihood, SMALLEST_PROBABILITY)).mean())


def fit_evidence_rule(probabilities: list[Float64Array], label: NDArray[np.int64]) -> JoinRule:
    """Return the evidence rule of the lowest log loss over records' window probabilities [B, K].

    Of rules within 1e-3 nats of the best, the most cautious wins: the highest floor, then the lowest
    independence, for a recording from a real machine will fit the model less well than these.
    """
    losses = {
        (floor, independence): join_score(
            probabilities, label, JoinRule(rule="evidence", floor=floor, independence=independence)
        ).nll
        for floor, independence in product(FLOORS, INDEPENDENCES)
    }
    limit = min(losses.values()) + NLL_TOLERANCE
    floor, independence = next(pair for pair, loss in losses.items() if loss <= limit)
    return JoinRule(rule="evidence", floor=floor, independence=independence)


def join_score(probabilities: list[Float64Array], label: NDArray[np.int64], rule: JoinRule) -> JoinScore:
    """Score a join rule on records' window probabilities, each float64 [B, K], and label int64 [n]."""
    joined = np.stack([join_probabilities(windows, rule) for windows in probabilities])
    return JoinScore(float((joined.argmax(axis=1) == label).mean()), log_loss(joined, label))


def fit_novelty_rule(fit: RecordOutputs, false_alarm_rate: float = FALSE_ALARM_RATE) -> NoveltyRule:
    """Return the scale and the threshold that call a share of known records novel.

    The scale is the 95th percentile of window distances, so that known windows stay below one half.

    Raises:
        ValueError: the model has no distance output.
    """
    scale = float(np.quantile(np.concatenate(fit.distances), TYPICAL_QUANTILE))
    ranks = record_novelty(fit, NoveltyRule(scale=scale, threshold=0.5))
    return NoveltyRule(scale=scale, threshold=float(np.quantile(ranks, 1.0 - false_alarm_rate, method="higher")))


def record_novelty(records: RecordOutputs, rule: NoveltyRule) -> Float64Array:
    """Return the novelty of each record, float64 [n].

    Raises:
        ValueError: the model has no distance output.
    """
    values = [novelty(output, rule) for output in records.outputs]
    if None in values:
        raise ValueError("The model has no output named distance.")
    return np.array(values, np.float64)
