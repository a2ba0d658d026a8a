"""From engine output to a diagnosis: logits to probabilities, and those of all windows to one diagnosis."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import UNSET, Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import JoinRule, Manifest, NoveltyRule, Precision, TrustRule
from functions.core.preprocessing.arrays import Float32Array, Float64Array
from functions.core.preprocessing.indicators import Measured

if TYPE_CHECKING:
    from functions.core.bearings.lines import Evidence


class Diagnosis(Struct, frozen=True):
    """The diagnosis of one recording.

    probabilities: float64 [K], in the order of the manifest's classes; novelty in [0, 1), or None
    where the model does not measure it; clipped: the recording was cut off at the sensor's range;
    conditions: of operation as the model got them, or None where it takes none; recording: what was diagnosed;
    evidence: of spectral lines, where shaft speed is known; evidence_agrees: whether it supports the class that the
    network names, None where it is undecided; overruled: the index of that class where the answer is that of the lines.
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
    overruled: int | None = None

    @property
    def predicted_class(self) -> int:
        """Index of the most probable class."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """Probability that the most probable class is right, also of a machine that the model never saw."""
        return self.probabilities.item(self.predicted_class)

    @property
    def in_distribution(self) -> bool | None:
        """Whether the recording is like the training data; None where that is not measured.

        A clipped recording is not: its true extremes are unknown.
        """
        rule = self.manifest.novelty
        if self.clipped:
            return False
        return None if self.novelty is None or rule is None else self.novelty <= rule.threshold

    @property
    def evidence_note(self) -> str | None:
        """What must be known to read class and evidence; None where there is nothing, or no evidence."""
        if self.overruled is None:
            return None if self.evidence is None else self.evidence.note
        return f"The class is that of the visible lines; the network alone names {self._name(self.overruled)}."

    def _name(self, index: int) -> str:
        return self.manifest.classes[index].name


class UnusableChannel(Struct, frozen=True):
    """A channel of a recording that cannot be diagnosed; index: its place in the file; code, message: of the error."""

    index: int
    name: str
    code: str
    message: str


class ChannelDiagnoses(Struct, frozen=True):
    """The diagnoses of a recording's channels, in the order of the file.

    worst: the place of the least healthy one; unusable: the channels that have no diagnosis.
    """

    names: Sequence[str]
    diagnoses: Sequence[Diagnosis]
    worst: int
    unusable: Sequence[UnusableChannel] = ()


def weighed(diagnosis: Diagnosis, windows: Float64Array) -> Diagnosis:
    """Return a diagnosis with its confidence lowered where windows disagree, or novelty or evidence speaks against it.

    Args:
        diagnosis: with the joined probabilities of its windows.
        windows: probabilities of each window, float64 [B, K].
    """
    if diagnosis.evidence is None and diagnosis.manifest.trust is UNSET:
        return diagnosis
    rule, named = diagnosis.manifest.trust_rule, diagnosis.predicted_class
    # A single window has none: what is joined is never above it.
    discord = 0.0 if len(windows) == 1 else float(diagnosis.probabilities[named] - windows[:, named].mean())
    if diagnosis.evidence is None:
        trust = trust_in(rule, diagnosis.novelty, discord)
        return (
            diagnosis if trust == 1 else replace(diagnosis, probabilities=_doubted(diagnosis.probabilities, 1 - trust))
        )
    class_ids = [one.id for one in diagnosis.manifest.classes]
    probabilities, agrees = with_lines(
        diagnosis.probabilities, rule, class_ids, diagnosis.evidence, (diagnosis.novelty, discord)
    )
    overruled = None if probabilities.argmax() == named else named
    return replace(diagnosis, probabilities=probabilities, evidence_agrees=agrees, overruled=overruled)


def with_lines(
    probabilities: Float64Array,
    rule: TrustRule,
    class_ids: Sequence[str],
    evidence: "Evidence",
    strangeness: tuple[float | None, float] = (None, 0.0),
) -> tuple[Float64Array, bool | None]:
    """Return joined probabilities float64 [K] held against lines, and whether these agree with the network.

    Args:
        probabilities: as the windows were joined.
        rule: of the manifest.
        class_ids: of the K classes.
        evidence: of the recording.
        strangeness: its novelty, None where it is not measured, and its discord.
    """
    # Late: few requests state how a machine ran.
    from functions.core.models.agreement import classes_of_lines, evidence_agrees, is_unproven

    named = class_ids[int(probabilities.argmax())]
    agrees = evidence_agrees(named, evidence)
    trust = trust_in(rule, *strangeness, agrees, unproven=is_unproven(named, evidence))
    odds = rule.odds if agrees is False else 1.0
    return believed(probabilities, trust, classes_of_lines(class_ids, evidence), odds), agrees


def believed(probabilities: Float64Array, trust: float, spoken_for: NDArray[np.bool_], odds: float) -> Float64Array:
    """Return probabilities after trust, and after lines have multiplied the odds of the fault that they speak for.

    What these lines make likely is the type of the fault: the likeliest of its classes gets all of it.

    Args:
        probabilities: as the windows were joined, float64 [K].
        trust: how far they are trusted.
        spoken_for: the classes that lines speak for, bool [K].
        odds: 1 leaves them as they are.
    """
    trusted = _doubted(probabilities, 1 - trust)
    if odds == 1 or not spoken_for.any():
        return trusted
    best, others = int(np.where(spoken_for, probabilities, -1).argmax()), trusted.copy()
    share = float(trusted[spoken_for].sum())
    share = share * odds / (share * odds + 1 - share)
    others[best] = 0
    found: Float64Array = others * ((1 - share) / others.sum())
    found[best] = share
    return found


def trust_in(
    rule: TrustRule,
    novelty: float | None,
    discord: float = 0.0,
    agrees: bool | None = None,
    *,
    unproven: bool = False,
) -> float:
    """Return the trust in a diagnosis, from 0 to 1; the rest of its probability is spread over all classes.

    Args:
        rule: of the manifest.
        novelty: of the recording; None where it is not measured.
        discord: how far the windows' mean probability of the class named is below that of the recording; a single
            window has none.
        agrees: whether visible lines support the class; None where they are undecided.
        unproven: whether the class is a healthy one, and no line of the bearing is visible.
    """
    strange = max(0.0, (novelty or 0.0) - rule.novelty_from) + max(0.0, discord - rule.discord_from)
    trust = rule.least + (1 - rule.least) * math.exp(-rule.slope * strange)
    if unproven and (novelty is None or novelty > rule.novelty_from):
        return min(trust, rule.unproven)
    if agrees is None:
        return trust
    return max(trust, rule.agreed) if agrees else min(trust, rule.contradicted)


def served_windows(
    output: EngineOutput, manifest: Manifest, evidence: "Sequence[Evidence] | None" = None
) -> Float64Array:
    """Return probabilities float64 [B, K] of windows that are diagnosed one by one, after novelty and lines.

    Args:
        output: of B windows.
        manifest: of the model.
        evidence: of each window's lines; None where none were looked for.
    """
    probabilities, rule = window_probabilities(output, manifest), manifest.trust_rule
    novelties: list[float | None] = [None] * len(probabilities)
    if output.distance is not None and manifest.novelty is not None:
        novelties = list(window_novelty(output.distance, manifest.novelty).tolist())
    if evidence is None:
        trust = [trust_in(rule, one) for one in novelties]
        return _doubted(probabilities, 1 - np.array(trust)[:, None])
    class_ids = [one.id for one in manifest.classes]
    rows = zip(probabilities, evidence, novelties, strict=True)
    return np.stack([with_lines(row, rule, class_ids, lines, (one, 0.0))[0] for row, lines, one in rows])


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
    return float(np.add.reduce(window_novelty(output.distance, rule))) / len(output.distance)


def window_novelty(distance: Float32Array, rule: NoveltyRule) -> Float64Array:
    """Return the novelty `d / (d + scale)` of windows of distances float32 [B], float64 [B]."""
    wide = np.maximum(distance.astype(np.float64), 0)
    return np.asarray(wide / (wide + rule.scale))


def softmax(logits: np.typing.NDArray[np.floating], temperature: float = 1.0) -> Float64Array:
    """Turn logits into probabilities along the last axis, in float64, without overflow.

    Args:
        logits: floating [..., K].
        temperature: calibration temperature, > 0; above 1 softens.

    Returns:
        float64 [..., K], each row summing to 1.

    Source: temperature scaling, Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    scaled = np.divide(logits, temperature, dtype=np.float64)
    exponentials = np.exp(scaled - np.maximum.reduce(scaled, axis=-1, keepdims=True))
    return np.asarray(exponentials / np.add.reduce(exponentials, axis=-1, keepdims=True))


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


def _doubted(probabilities: Float64Array, doubt: float | Float64Array) -> Float64Array:
    return np.asarray((1 - doubt) * probabilities + doubt / probabilities.shape[-1])


def _joined(probabilities: Float64Array, rule: JoinRule) -> Float64Array:
    if len(probabilities) == 1:
        return probabilities.reshape(-1)
    if rule.rule == "mean":
        return np.asarray(probabilities.mean(axis=0))
    evidence = np.log(np.maximum(probabilities, rule.floor)).mean(axis=0)
    return softmax(evidence * (1 + (len(probabilities) - 1) * rule.independence))
