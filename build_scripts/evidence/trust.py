"""The step that fits how far a diagnosis is trusted: by machines that were left out of training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.optimize import minimize

from build_scripts.evidence.calibrate import Calibration, record_novelty
from build_scripts.evidence.proof.reliability import Reliability, reliability_of
from build_scripts.measuring.outputs import RecordOutputs
from functions.core.bearings.lines import Evidence
from functions.core.models.agreement import evidence_agrees, faults_of_class
from functions.core.models.diagnosis import join_probabilities, trust_in
from functions.core.models.manifest import TrustRule
from functions.core.preprocessing.arrays import Float64Array

# The label of a record that no class of the model stands for: whatever is named is wrong.
NO_CLASS = -1
# Of known records, the share whose windows may disagree more than is forgiven.
KNOWN_DISCORD = 0.02
# Fewer diagnoses than this tell no share of right ones.
FEWEST_CASES = 20
SMALLEST_TRUST = 0.01
_STEEPEST = 200.0
_STARTS = ((3.0, 3.0, 0.3), (30.0, 30.0, 0.3), (3.0, 30.0, 0.05), (30.0, 3.0, 0.05))
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Strangers:
    """Records of machines that the model knows, and of machines that were left out of its training.

    A foreign record's label is the index of a class, or `NO_CLASS`. evidence: what lines each foreign record shows,
    None where they were not looked for; empty where they never were.
    """

    known: RecordOutputs
    foreign: RecordOutputs
    evidence: Sequence[Evidence | None] = ()


@dataclass(frozen=True)
class Judged:
    """What was named of n records: confidence, novelty and discord float64 [n], and whether it was right, bool [n].

    agrees: whether lines speak for the class that was named, None where they say nothing; classes: K of the model.
    """

    confidence: Float64Array
    novelty: Float64Array
    discord: Float64Array
    right: NDArray[np.bool_]
    agrees: Sequence[bool | None]
    classes: int

    def part(self, chosen: NDArray[np.int64]) -> "Judged":
        """Return some of the records."""
        agrees = [self.agrees[index] for index in chosen.tolist()]
        return Judged(
            self.confidence[chosen],
            self.novelty[chosen],
            self.discord[chosen],
            self.right[chosen],
            agrees,
            self.classes,
        )

    def trusted(self, rule: TrustRule, *, evidence: bool = True) -> Float64Array:
        """Return the confidences float64 [n] as a rule lowers them, with or without what lines show."""
        agrees = self.agrees if evidence else [None] * len(self.agrees)
        rows = zip(self.novelty.tolist(), self.discord.tolist(), agrees, strict=True)
        trust = np.array([trust_in(rule, *row) for row in rows])
        return np.asarray(trust * self.confidence + (1 - trust) / self.classes)


@dataclass(frozen=True)
class FittedTrust:
    """The manifest's rule, and the reliability of foreign records before and under rules they were not fitted to."""

    rule: TrustRule
    before: Reliability
    after: Reliability


def fit_trust(strangers: Strangers, calibration: Calibration, class_ids: Sequence[str]) -> FittedTrust:
    """Fit how novelty, discord and evidence lower confidence; a class of the right type of fault counts as right.

    The size of a fault has no meaning on a machine of other dimensions. The figures of reliability are cross-fitted:
    each half of the foreign records is judged by the rule that the other half gives.
    """
    known = judge(strangers.known, calibration, class_ids)
    foreign = judge(strangers.foreign, calibration, class_ids, strangers.evidence)
    halves = [np.arange(start, len(foreign.right), 2) for start in (0, 1)]
    trusted = np.zeros(len(foreign.right))
    for half, other in (halves, halves[::-1]):
        trusted[half] = foreign.part(half).trusted(_fit(known, foreign.part(other), calibration), evidence=False)
    before, after = (reliability_of(one, foreign.right) for one in (foreign.confidence, trusted))
    return FittedTrust(_with_evidence(_fit(known, foreign, calibration), foreign), before, after)


def judge(
    outputs: RecordOutputs,
    calibration: Calibration,
    class_ids: Sequence[str],
    evidence: Sequence[Evidence | None] = (),
) -> Judged:
    """Return what a model names of records, as the server joins their windows, and whether the type of fault is right.

    Args:
        outputs: of the model, for records whose labels index `class_ids` or are `NO_CLASS`.
        calibration: of the model.
        class_ids: of the model.
        evidence: of each record, or none.
    """
    windows = outputs.probabilities(calibration.temperature)
    joined = np.stack([join_probabilities(one, calibration.join) for one in windows])
    named = joined.argmax(axis=1)
    confidence = joined.max(axis=1)
    means = np.array([one[:, index].mean() for one, index in zip(windows, named.tolist(), strict=True)])
    kinds = [_kind(identifier) for identifier in class_ids]
    pairs = zip(named.tolist(), outputs.label.tolist(), strict=True)
    right = np.array([label != NO_CLASS and kinds[index] == kinds[label] for index, label in pairs], np.bool_)
    novelty = np.zeros(len(named)) if calibration.novelty is None else record_novelty(outputs, calibration.novelty)
    lines = zip(named.tolist(), evidence or [None] * len(named), strict=True)
    agrees = [None if one is None else evidence_agrees(class_ids[index], one) for index, one in lines]
    return Judged(confidence, novelty, confidence - means, right, agrees, len(class_ids))


def _kind(class_id: str) -> object:
    """Return the type of fault that a class stands for, the class itself where lines cannot speak for it."""
    faults = faults_of_class(class_id)
    return class_id if faults is None or "oil_whirl" in faults else frozenset(faults)


def _fit(known: Judged, foreign: Judged, calibration: Calibration) -> TrustRule:
    """Return the rule of the lowest log loss on known and foreign records, both of equal weight."""
    start = TrustRule(
        novelty_from=1.0 if calibration.novelty is None else calibration.novelty.threshold,
        discord_from=float(np.clip(np.quantile(known.discord, 1 - KNOWN_DISCORD, method="higher"), 0, 1)),
    )

    def loss(values: Float64Array) -> float:
        rule = _rule(start, values)
        return sum(_log_loss(one.trusted(rule, evidence=False), one.right) for one in (known, foreign))

    bounds = ((0.0, _STEEPEST), (0.0, _STEEPEST), (0.0, 1.0))
    found = [minimize(loss, begin, method="L-BFGS-B", bounds=bounds) for begin in _STARTS]
    return _rule(start, min(found, key=lambda one: float(one.fun)).x)


def _rule(start: TrustRule, values: Float64Array) -> TrustRule:
    novelty_slope, discord_slope, least = (float(one) for one in values)
    return replace(start, novelty_slope=novelty_slope, discord_slope=discord_slope, least=least)


def _log_loss(confidence: Float64Array, right: NDArray[np.bool_]) -> float:
    likelihood = np.where(right, confidence, 1 - confidence)
    return float(-np.log(np.maximum(likelihood, _SMALLEST)).mean())


def _with_evidence(rule: TrustRule, foreign: Judged) -> TrustRule:
    return replace(
        rule,
        agreed=_trust_where(foreign, True, rule.agreed),
        contradicted=_trust_where(foreign, False, rule.contradicted),
    )


def _trust_where(foreign: Judged, agrees: bool, otherwise: float) -> float:
    """Return the trust at which a certain diagnosis has the share of right ones among these as its confidence.

    Source: Laplace's rule of succession for the share. It stays above 0, where no class would be named.
    """
    right = foreign.right[[one is agrees for one in foreign.agrees]]
    if len(right) < FEWEST_CASES:
        return otherwise
    share, chance = (int(right.sum()) + 1) / (len(right) + 2), 1 / foreign.classes
    return max((share - chance) / (1 - chance), SMALLEST_TRUST)
