"""Verdicts of a model on records of known and of foreign machines, by which its trust is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from build_scripts.evidence.calibrate import Calibration, record_novelty
from build_scripts.measuring.outputs import RecordOutputs
from functions.core.bearings.lines import Evidence
from functions.core.models.agreement import classes_of_lines, evidence_agrees, faults_of_class, is_unproven
from functions.core.models.diagnosis import believed, join_probabilities, trust_in
from functions.core.models.manifest import TrustRule
from functions.core.preprocessing.arrays import Float64Array

# The label of a record that no class of the model stands for: whatever is named is wrong.
NO_CLASS = -1
FOLDS = 5


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
    """Records of machines that were in training, whole and unseen, and kinds of foreign ones, which count alike."""

    known: RecordOutputs
    foreign: Sequence[Foreign]


@dataclass(frozen=True)
class Judged:
    """Verdicts on n records: joined probabilities float64 [n, K], novelty and discord float64 [n].

    novelty is NaN where the model measures none.
    would_be_right: each class, were it named, bool [n, K]; agrees: whether lines support the class that was named,
    None where they decide nothing; spoken_for: the classes that lines support, bool [n, K]; unproven: whether a healthy
    class was named and no line is visible, bool [n]; kind: of each record's fault, int [n], alike where a class of one
    would be right of the other; healthy: whether it has none, bool [n].
    """

    probabilities: Float64Array
    novelty: Float64Array
    discord: Float64Array
    would_be_right: NDArray[np.bool_]
    agrees: Sequence[bool | None]
    spoken_for: NDArray[np.bool_]
    unproven: NDArray[np.bool_]
    kind: NDArray[np.intp]
    healthy: NDArray[np.bool_]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the class that the network names is right, bool [n]."""
        return _at(self.would_be_right, self.probabilities.argmax(axis=1))

    @property
    def confidence(self) -> Float64Array:
        """The network's own, float64 [n]."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def _measured(self) -> list[float | None]:
        return [None if np.isnan(one) else one for one in self.novelty.tolist()]

    def part(self, chosen: NDArray[np.int64]) -> "Judged":
        """Return some of the records."""
        return Judged(
            probabilities=self.probabilities[chosen],
            novelty=self.novelty[chosen],
            discord=self.discord[chosen],
            would_be_right=self.would_be_right[chosen],
            agrees=[self.agrees[index] for index in chosen.tolist()],
            spoken_for=self.spoken_for[chosen],
            unproven=self.unproven[chosen],
            kind=self.kind[chosen],
            healthy=self.healthy[chosen],
        )

    def fold(self, which: int, *, left_out: bool) -> "Judged":
        """Return every fifth record, from one on, or all but these."""
        return self.part(np.flatnonzero((np.arange(len(self.agrees)) % FOLDS == which) == left_out))

    def trusted(self, rule: TrustRule) -> Float64Array:
        """Return the confidences float64 [n] that novelty and discord leave, whatever lines show."""
        trust = np.array([trust_in(rule, *one) for one in zip(self._measured, self.discord.tolist(), strict=True)])
        return np.asarray(trust * self.confidence + (1 - trust) / self.probabilities.shape[1])

    def believed(self, rule: TrustRule) -> Float64Array:
        """Return the probabilities float64 [n, K] that a rule leaves where lines were looked for."""
        cues = zip(self._measured, self.discord.tolist(), self.agrees, self.unproven.tolist(), strict=True)
        trust = [
            trust_in(rule, novelty, discord, agrees, unproven=unproven) for novelty, discord, agrees, unproven in cues
        ]
        odds = [rule.odds if agrees is False else 1.0 for agrees in self.agrees]
        rows = zip(self.probabilities, trust, self.spoken_for, odds, strict=True)
        return np.stack([believed(*row) for row in rows])

    def answers(self, rule: TrustRule) -> tuple[Float64Array, NDArray[np.bool_]]:
        """Return confidences float64 [n] and whether the class is right, bool [n], where lines were looked for."""
        found = self.believed(rule)
        return np.asarray(found.max(axis=1)), _at(self.would_be_right, found.argmax(axis=1))


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
    novelty = (
        np.full(len(named), np.nan) if calibration.novelty is None else record_novelty(outputs, calibration.novelty)
    )
    lines = evidence or [None] * len(named)
    pairs = [(class_ids[index], one) for index, one in zip(named.tolist(), lines, strict=True)]
    unspoken = np.zeros(len(class_ids), np.bool_)
    would_be_right = np.array(right, np.bool_)
    healthy = [faults_of_class(one) == frozenset() for one in class_ids]
    return Judged(
        probabilities=joined,
        novelty=novelty,
        discord=joined.max(axis=1) - means,
        would_be_right=would_be_right,
        agrees=[None if one is None else evidence_agrees(name, one) for name, one in pairs],
        spoken_for=np.stack([unspoken if one is None else classes_of_lines(class_ids, one) for one in lines]),
        unproven=np.array([one is not None and is_unproven(name, one) for name, one in pairs], np.bool_),
        kind=np.unique(would_be_right, axis=0, return_inverse=True)[1].reshape(-1),
        healthy=np.asarray((would_be_right & healthy).any(axis=1)),
    )


def _at(values: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(np.take_along_axis(values, places[:, None], axis=1)[:, 0])


def _kind(class_id: str) -> object:
    """Return the type of fault that a class stands for, the class itself where lines cannot speak for it."""
    faults = faults_of_class(class_id)
    return class_id if faults is None or "oil_whirl" in faults else frozenset(faults)
