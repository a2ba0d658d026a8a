"""From engine output to a diagnosis: logits to probabilities, and those of windows to one answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import JoinRule, Manifest, NoveltyRule, Precision
from functions.core.preprocessing.arrays import Float64Array
from functions.core.preprocessing.indicators import Indicators, Zone

RateSource = Literal["option", "file", "assumed"]


@dataclass(frozen=True)
class Measured:
    """What was diagnosed: a recording as it was read, and the figures of its samples as sent, about their mean.

    sample_rate_source: where the rate comes from, `assumed` where nobody stated one and it is the model's;
    channel: name or number of the one that was diagnosed, or None where the model takes all;
    unit: of the samples, or None where nobody stated it;
    indicators, velocity_rms_mm_s: of several channels, of the one where they are highest; severity_zone: of ISO
    20816-3; None where they cannot be told or were not asked for.
    """

    sample_rate_hz: float
    sample_rate_source: RateSource
    channel: str | None
    duration_s: float
    unit: str | None
    indicators: Indicators
    velocity_rms_mm_s: float | None = None
    severity_zone: Zone | None = None


@dataclass(frozen=True)
class Diagnosis:
    """What is believed of one recording.

    probabilities: float64 [K], in the order of the manifest's classes; novelty in [0, 1), or None
    where the model does not measure it; clipped where the recording was cut off at the sensor's range;
    conditions of operation as the model got them, or None where it takes none;
    recording: what was diagnosed.
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
    joined = _joined(probabilities, rule)
    return (1 - rule.doubt) * joined + rule.doubt / len(joined)


def _joined(probabilities: Float64Array, rule: JoinRule) -> Float64Array:
    if rule.rule == "mean" or len(probabilities) == 1:
        return np.asarray(probabilities.mean(axis=0))
    evidence = np.log(np.maximum(probabilities, rule.floor)).mean(axis=0)
    return softmax(evidence * (1 + (len(probabilities) - 1) * rule.independence))
