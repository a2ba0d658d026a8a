"""The step that fits trust: how far a confidence holds on machines that were left out of training."""

from collections.abc import Iterable, Sequence
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
# Fewer diagnoses than this do not determine a share of right ones.
FEWEST_CASES = 20
FOLDS = 5
SMALLEST_TRUST = 0.01
# Novelty and discord are within [0, 1]: steeper than this is a step.
_STEEPEST = 400.0
_STARTS = ((5.0, 0.3), (50.0, 0.3), (50.0, 0.05), (300.0, 0.2))
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Foreign:
    """Records of machines of one kind that were left out of training.

    outputs: their label is the index of a class, or `NO_CLASS`; evidence: what lines each record shows, None where they
    were not looked for, empty where they never were.
    """

    outputs: RecordOutputs
    evidence: Sequence[Evidence | None] = ()


@dataclass(frozen=True)
class Strangers:
    """Records of machines that the model knows, whole and unseen, and kinds of foreign ones, which count alike."""

    known: RecordOutputs
    foreign: Sequence[Foreign]


@dataclass(frozen=True)
class Judged:
    """Verdicts on n records: confidence, novelty and discord float64 [n], and whether it was right, bool [n].

    agrees: whether lines support the class that was named, None where they decide nothing; classes: K of the model.
    """

    confidence: Float64Array
    novelty: Float64Array
    discord: Float64Array
    right: NDArray[np.bool_]
    agrees: Sequence[bool | None]
    classes: int

    def fold(self, which: int, *, left_out: bool) -> "Judged":
        """Return every fifth record, from one on, or all but these."""
        chosen = np.flatnonzero((np.arange(len(self.right)) % FOLDS == which) == left_out)
        return Judged(
            confidence=self.confidence[chosen],
            novelty=self.novelty[chosen],
            discord=self.discord[chosen],
            right=self.right[chosen],
            agrees=[self.agrees[index] for index in chosen.tolist()],
            classes=self.classes,
        )

    def trusted(self, rule: TrustRule, *, evidence: bool = True) -> Float64Array:
        """Return the confidences float64 [n] as a rule lowers them, with or without what lines show."""
        agrees = self.agrees if evidence else [None] * len(self.agrees)
        rows = zip(self.novelty.tolist(), self.discord.tolist(), agrees, strict=True)
        trust = np.array([trust_in(rule, *row) for row in rows])
        return np.asarray(trust * self.confidence + (1 - trust) / self.classes)


@dataclass(frozen=True)
class FittedTrust:
    """The manifest's rule, and the reliability of foreign records before and under rules they were not fitted to.

    with_evidence: where requests state shaft speed and bearing; None where no lines were looked for.
    """

    rule: TrustRule
    before: Reliability
    after: Reliability
    with_evidence: Reliability | None


def fit_trust(strangers: Strangers, calibration: Calibration, class_ids: Sequence[str]) -> FittedTrust:
    """Fit how novelty, discord and evidence lower confidence; a class of the right type of fault counts as right.

    The size of a fault has no meaning on a machine of other dimensions. The figures of reliability are cross-fitted:
    each fifth of the foreign records is judged by the rule that the others give.
    """
    known = judge(strangers.known, calibration, class_ids)
    foreign = [judge(one.outputs, calibration, class_ids, one.evidence) for one in strangers.foreign]
    rules = [_fit(known, [one.fold(k, left_out=False) for one in foreign], calibration) for k in range(FOLDS)]
    parts = [(one.fold(k, left_out=True), rule) for one in foreign for k, rule in enumerate(rules)]
    right = np.concatenate([part.right for part, _ in parts])

    def reliable(confidences: Iterable[Float64Array]) -> Reliability:
        return reliability_of(np.concatenate(list(confidences)), right)

    looked_for = any(one is not None for kind in foreign for one in kind.agrees)
    return FittedTrust(
        _fit(known, foreign, calibration),
        before=reliable(part.confidence for part, _ in parts),
        after=reliable(part.trusted(rule, evidence=False) for part, rule in parts),
        with_evidence=reliable(part.trusted(rule) for part, rule in parts) if looked_for else None,
    )


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


def _fit(known: Judged, foreign: Sequence[Judged], calibration: Calibration) -> TrustRule:
    """Return the rule of the lowest log loss on known and foreign records, both of equal weight."""
    start = TrustRule(
        novelty_from=1.0 if calibration.novelty is None else calibration.novelty.threshold,
        discord_from=float(np.clip(np.quantile(known.discord, 1 - KNOWN_DISCORD, method="higher"), _SMALLEST, 1)),
    )
    strange = any(
        (one.novelty > start.novelty_from).any() or (one.discord > start.discord_from).any() for one in foreign
    )
    return _with_evidence(_sloped(start, (known, *foreign)) if strange else start, foreign)


def _sloped(start: TrustRule, parts: Sequence[Judged]) -> TrustRule:
    """Return the rule with slope and least trust fitted to known records, the first of the parts, and foreign ones."""

    def rule(values: Float64Array) -> TrustRule:
        return replace(start, slope=float(values[0]), least=float(values[1]))

    def loss(values: Float64Array) -> float:
        losses = [_log_loss(one.trusted(rule(values), evidence=False), one.right) for one in parts]
        return losses[0] + float(np.mean(losses[1:]))

    bounds = ((0.0, _STEEPEST), (0.0, 1.0))
    found = [minimize(loss, begin, method="L-BFGS-B", bounds=bounds) for begin in _STARTS]
    return rule(min(found, key=lambda one: float(one.fun)).x)


def _log_loss(confidence: Float64Array, right: NDArray[np.bool_]) -> float:
    likelihood = np.where(right, confidence, 1 - confidence)
    return float(-np.log(np.maximum(likelihood, _SMALLEST)).mean())


def _with_evidence(rule: TrustRule, foreign: Sequence[Judged]) -> TrustRule:
    right = np.concatenate([one.right for one in foreign])
    agrees = [agrees for one in foreign for agrees in one.agrees]
    chance = 1 / foreign[0].classes
    return replace(
        rule,
        agreed=_trust_of(right[[one is True for one in agrees]], chance, rule.agreed),
        contradicted=_trust_of(right[[one is False for one in agrees]], chance, rule.contradicted),
    )


def _trust_of(right: NDArray[np.bool_], chance: float, otherwise: float) -> float:
    """Return the trust at which a certain diagnosis has the share of right ones among these as its confidence.

    Source: Laplace's rule of succession for the share. It stays above 0, where no class would be named.
    """
    if len(right) < FEWEST_CASES:
        return otherwise
    share = (int(right.sum()) + 1) / (len(right) + 2)
    return max((share - chance) / (1 - chance), SMALLEST_TRUST)
