"""From engine output to a diagnosis."""

from dataclasses import dataclass

import numpy as np

from functions.core.models.engine import EngineOutput
from functions.core.models.joining import join_probabilities
from functions.core.models.manifest import Manifest, NoveltyRule, Precision
from functions.core.models.softmax import softmax
from functions.core.preprocessing.arrays import Float64Array


@dataclass(frozen=True)
class Diagnosis:
    """What is believed of one recording.

    probabilities: float64 [K], in the order of the manifest's classes; novelty in [0, 1), or None
    where the model does not measure it; clipped where the recording was cut off at the sensor's range.
    """

    manifest: Manifest
    precision: Precision
    probabilities: Float64Array
    windows: int
    novelty: float | None
    inference_time_ms: float
    clipped: bool = False

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
