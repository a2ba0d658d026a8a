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
from functions.core.models.agreement import classes_of_lines, evidence_agrees, faults_of_class
from functions.core.models.diagnosis import believed, join_probabilities, trust_in
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
_MOST_ODDS = 1000.0
# Trust in what lines contradict, and the logarithm of the odds that they multiply.
_CONTRADICTED_STARTS = ((0.5, 0.0), (0.5, 1.0), (0.1, 3.0), (0.9, 2.0))
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
    """Verdicts on n records: joined probabilities float64 [n, K], novelty and discord float64 [n].

    would_be_right: each class, were it named, bool [n, K]; agrees: whether lines support the class that was named,
    None where they decide nothing; spoken_for: the classes that lines support, bool [n, K].
    """

    probabilities: Float64Array
    novelty: Float64Array
    discord: Float64Array
    would_be_right: NDArray[np.bool_]
    agrees: Sequence[bool | None]
    spoken_for: NDArray[np.bool_]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the class that the network names is right, bool [n]."""
        return _at(self.would_be_right, self.probabilities.argmax(axis=1))

    @property
    def confidence(self) -> Float64Array:
        """The network's own, float64 [n]."""
        return np.asarray(self.probabilities.max(axis=1))

    def part(self, chosen: NDArray[np.int64]) -> "Judged":
        """Return some of the records."""
        return Judged(
            probabilities=self.probabilities[chosen],
            novelty=self.novelty[chosen],
            discord=self.discord[chosen],
            would_be_right=self.would_be_right[chosen],
            agrees=[self.agrees[index] for index in chosen.tolist()],
            spoken_for=self.spoken_for[chosen],
        )

    def fold(self, which: int, *, left_out: bool) -> "Judged":
        """Return every fifth record, from one on, or all but these."""
        return self.part(np.flatnonzero((np.arange(len(self.agrees)) % FOLDS == which) == left_out))

    def trusted(self, rule: TrustRule) -> Float64Array:
        """Return the confidences float64 [n] that novelty and discord leave, whatever lines show."""
        trust = np.array(
            [trust_in(rule, *one) for one in zip(self.novelty.tolist(), self.discord.tolist(), strict=True)]
        )
        return np.asarray(trust * self.confidence + (1 - trust) / self.probabilities.shape[1])

    def believed(self, rule: TrustRule) -> Float64Array:
        """Return the probabilities float64 [n, K] that a rule leaves where lines were looked for."""
        rows = zip(
            self.probabilities, self.novelty.tolist(), self.discord.tolist(), self.agrees, self.spoken_for, strict=True
        )
        return np.stack(
            [
                believed(one, trust_in(rule, novelty, discord, agrees), lines, rule.odds if agrees is False else 1.0)
                for one, novelty, discord, agrees, lines in rows
            ]
        )

    def answers(self, rule: TrustRule) -> tuple[Float64Array, NDArray[np.bool_]]:
        """Return confidences float64 [n] and whether the class is right, bool [n], where lines were looked for."""
        found = self.believed(rule)
        return np.asarray(found.max(axis=1)), _at(self.would_be_right, found.argmax(axis=1))


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
    looked_for = any(one is not None for kind in foreign for one in kind.agrees)
    return FittedTrust(
        _fit(known, foreign, calibration),
        before=_reliable((part.confidence, part.right) for part, _ in parts),
        after=_reliable((part.trusted(rule), part.right) for part, rule in parts),
        with_evidence=_reliable(part.answers(rule) for part, rule in parts) if looked_for else None,
    )


def _reliable(answers: Iterable[tuple[Float64Array, NDArray[np.bool_]]]) -> Reliability:
    confidence, right = zip(*answers, strict=True)
    return reliability_of(np.concatenate(confidence), np.concatenate(right))


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
    means = np.array([one[:, index].mean() for one, index in zip(windows, named.tolist(), strict=True)])
    kinds = [_kind(identifier) for identifier in class_ids]
    right = [[label != NO_CLASS and kind == kinds[label] for kind in kinds] for label in outputs.label.tolist()]
    novelty = np.zeros(len(named)) if calibration.novelty is None else record_novelty(outputs, calibration.novelty)
    lines = evidence or [None] * len(named)
    pairs = zip(named.tolist(), lines, strict=True)
    unspoken = np.zeros(len(class_ids), np.bool_)
    return Judged(
        probabilities=joined,
        novelty=novelty,
        discord=joined.max(axis=1) - means,
        would_be_right=np.array(right, np.bool_),
        agrees=[None if one is None else evidence_agrees(class_ids[index], one) for index, one in pairs],
        spoken_for=np.stack([unspoken if one is None else classes_of_lines(class_ids, one) for one in lines]),
    )


def _at(values: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(np.take_along_axis(values, places[:, None], axis=1)[:, 0])


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
        losses = [_log_loss(one.trusted(rule(values)), one.right) for one in parts]
        return losses[0] + float(np.mean(losses[1:]))

    bounds = ((0.0, _STEEPEST), (0.0, 1.0))
    found = [minimize(loss, begin, method="L-BFGS-B", bounds=bounds) for begin in _STARTS]
    return rule(min(found, key=lambda one: float(one.fun)).x)


def _log_loss(confidence: Float64Array, right: NDArray[np.bool_]) -> float:
    likelihood = np.where(right, confidence, 1 - confidence)
    return float(-np.log(np.maximum(likelihood, _SMALLEST)).mean())


def _with_evidence(rule: TrustRule, foreign: Sequence[Judged]) -> TrustRule:
    """Return the rule with what lines are worth, those that agree with the network and those that contradict it."""
    right = np.concatenate([one.right for one in foreign])
    agrees = [agrees for one in foreign for agrees in one.agrees]
    chance = 1 / foreign[0].probabilities.shape[1]
    rule = replace(rule, agreed=_trust_of(right[[one is True for one in agrees]], chance, rule.agreed))
    parts = [one.part(np.flatnonzero([agrees is False for agrees in one.agrees])) for one in foreign]
    contradicted = [one for one in parts if len(one.agrees)]
    return rule if sum(len(one.agrees) for one in contradicted) < FEWEST_CASES else _of_contradicted(rule, contradicted)


def _of_contradicted(rule: TrustRule, contradicted: Sequence[Judged]) -> TrustRule:
    """Return the rule whose answers are likeliest where lines contradict the network: its trust, and their odds."""

    def weighed(values: Float64Array) -> TrustRule:
        return replace(rule, contradicted=float(values[0]), odds=float(np.exp(values[1])))

    def loss(values: Float64Array) -> float:
        return float(np.mean(np.concatenate([_losses(one, one.believed(weighed(values))) for one in contradicted])))

    bounds = ((SMALLEST_TRUST, 1.0), (0.0, float(np.log(_MOST_ODDS))))
    found = [minimize(loss, begin, method="L-BFGS-B", bounds=bounds) for begin in _CONTRADICTED_STARTS]
    return weighed(min(found, key=lambda one: float(one.fun)).x)


def _losses(judged: Judged, probabilities: Float64Array) -> Float64Array:
    """Return the log losses float64 [n] of what is right: the fault of the lines, the network's class, or neither."""
    lines = (probabilities * judged.spoken_for).sum(axis=1)
    named = np.take_along_axis(probabilities, judged.probabilities.argmax(axis=1)[:, None], axis=1)[:, 0]
    by_lines = (judged.spoken_for & judged.would_be_right).any(axis=1)
    likelihood = np.where(by_lines, lines, np.where(judged.right, named, 1 - lines - named))
    return np.asarray(-np.log(np.maximum(likelihood, _SMALLEST)))


def _trust_of(right: NDArray[np.bool_], chance: float, otherwise: float) -> float:
    """Return the trust at which a certain diagnosis has the share of right ones among these as its confidence.

    Source: Laplace's rule of succession for the share. It stays above 0, where no class would be named.
    """
    if len(right) < FEWEST_CASES:
        return otherwise
    share = (int(right.sum()) + 1) / (len(right) + 2)
    return max((share - chance) / (1 - chance), SMALLEST_TRUST)
