"""From engine output to a diagnosis: logits to probabilities, and those of windows to one answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import JoinRule, Manifest, NoveltyRule, Precision
from functions.core.preprocessing.arrays import Float64Array
from functions.core.preprocessing.indicators import Measured

if TYPE_CHECKING:
    from functions.core.bearings.lines import Evidence

# How far a diagnosis is mixed with a uniform one where spectral lines speak for another class: of 44 such diagnoses of
# a machine that the rolling-bearing model never saw (the fan end of the Case Western Reserve rig), 4 were right.
CONTRADICTED_DOUBT = 0.99


@dataclass(frozen=True)
class Diagnosis:
    """What is believed of one recording.

    probabilities: float64 [K], in the order of the manifest's classes; novelty in [0, 1), or None
    where the model does not measure it; clipped where the recording was cut off at the sensor's range;
    conditions of operation as the model got them, or None where it takes none; recording: what was diagnosed;
    evidence of spectral lines, where shaft speed is known, and whether it agrees with the class, None where it says
    nothing.
    """

    manifest: Manifest
    precision: Precision
    probabilities: Float64Array
    windows: int
    novelty: float | None
    inference_time_ms: float
    recording: Measured
    clipped: bool = False
    conditions: Mapping[str, float] | None = None
    evidence: "Evidence | None" = None
    evidence_agrees: bool | None = None

    @property
    def predicted_class(self) -> int:
        """Index of the most probable class."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """Probability of the most probable class, calibrated."""
        return float(self.probabilities.max())

    @property
    def in_distribution(self) -> bool | None:
        """Whether the recording is like the training data; None where that is not measured.

        A clipped recording is not: its true extremes are unknown.
        """
        rule = self.manifest.novelty
        if self.clipped:
            return False
        return None if self.novelty is None or rule is None else self.novelty <= rule.threshold


@dataclass(frozen=True)
class ChannelDiagnoses:
    """The diagnoses of a recording's channels, in the order of the file; worst: the place of the least healthy one."""

    names: Sequence[str]
    diagnoses: Sequence[Diagnosis]
    worst: int


def weighed(diagnosis: Diagnosis) -> Diagnosis:
    """Return a diagnosis held against its evidence: less certain where lines of another fault are visible."""
    if diagnosis.evidence is None:
        return diagnosis
    # Late: few requests say how a machine ran.
    from functions.core.models.agreement import evidence_agrees

    class_id = diagnosis.manifest.classes[diagnosis.predicted_class].id
    agrees = evidence_agrees(class_id, diagnosis.evidence)
    doubt = CONTRADICTED_DOUBT if agrees is False else 0.0
    probabilities = _doubted(diagnosis.probabilities, doubt)
    return replace(diagnosis, probabilities=probabilities, evidence_agrees=agrees)


def window_probabilities(output: EngineOutput, manifest: Manifest) -> Float64Array:
    """Return calibrated probabilities float64 [B, K] of B windows."""
    return softmax(output.logits, manifest.temperature)


def record_probabilities(output: EngineOutput, manifest: Manifest) -> Float64Array:
    """Join the windows of one recording into probabilities float64 [K]."""
    return join_probabilities(window_probabilities(output, manifest), manifest.join)


def novelty(output: EngineOutput, rule: NoveltyRule | None) -> float | None:
    """Return the recording's novelty: the mean over its windows of `d / (d + scale)`."""
    if output.distance is None or rule is None:
        return None
    distance = np.maximum(output.distance.astype(np.float64), 0)
    return float((distance / (distance + rule.scale)).mean())


def softmax(logits: np.typing.NDArray[np.floating], temperature: float = 1.0) -> Float64Array:
    """Turn logits into probabilities along the last axis, in float64, without overflow.

    Args:
        logits: floating [..., K].
        temperature: calibration temperature, > 0; above 1 softens.

    Returns:
        float64 [..., K], each row summing to 1.

    Source: temperature scaling, Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def join_probabilities(probabilities: Float64Array, rule: JoinRule) -> Float64Array:
    """Join the class probabilities of B windows by the rule the manifest names.

    `mean` is the arithmetic mean. `evidence` adds up the windows' log-probabilities as Bayes' rule
    does for windows that are independent given the class: one window with a cavitation burst settles
    a recording whose other windows look healthy. `floor` bounds what one window can say against a class,
    and `independence` in [0, 1] counts B windows as `1 + (B - 1) * independence` independent ones. A single
    window stands for itself under both rules.

    `doubt` is mixed into the result: the diagnosis never claims more certainty than the validation
    records could show.

    Args:
        probabilities: float64 [B, K], rows summing to 1.
        rule: the manifest's rule.

    Returns:
        float64 [K], summing to 1.
    """
    return _doubted(_joined(probabilities, rule), rule.doubt)


def _doubted(probabilities: Float64Array, doubt: float) -> Float64Array:
    return (1 - doubt) * probabilities + doubt / len(probabilities)


def _joined(probabilities: Float64Array, rule: JoinRule) -> Float64Array:
    if rule.rule == "mean" or len(probabilities) == 1:
        return np.asarray(probabilities.mean(axis=0))
    evidence = np.log(np.maximum(probabilities, rule.floor)).mean(axis=0)
    return softmax(evidence * (1 + (len(probabilities) - 1) * rule.independence))
