"""The manifest of a model package: classes, input, variants, rules of the diagnosis, and measured evidence."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

# The second input of a model that takes conditions of operation, and what callers name them by.
CONDITIONS = "conditions"
# Of one model. Each is looked up by its name in what a caller sends.
MOST_CONDITIONS = 64
LARGEST_FLOAT32 = 3.4028234e38
# The preprocessing of a model that is given features of fault lines; see `functions.core.bearings.features`.
FAULT_LINES: Final = "fault-lines"
# The unit of a model that takes samples of any.
ANY_UNIT: Final = "any"
SLUG = r"^[a-z0-9][a-z0-9_-]{0,63}"

# `(?![\s\S])` is the end: `$` would let a last line feed pass.
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?![\s\S])")]
Slug = Annotated[str, Meta(pattern=SLUG + r"(?![\s\S])")]
FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*(?![\s\S])")]
Precision = Literal["fp32", "fp16", "int8"]


class ManifestError(ValueError):
    """A document that is no valid manifest."""


class ManifestPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen part of a manifest; an unknown field is an error, not a surprise."""


class ClassLabel(ManifestPart, frozen=True, kw_only=True):
    """One class, in the order of the logits.

    id: in answers and settings; name: for people.
    """

    id: Slug
    name: str


class Condition(ManifestPart, frozen=True, kw_only=True):
    """One condition of operation: a number that the model takes beside the signal, one column of its second input.

    name: as callers name it; minimum, maximum: what is outside is refused; required: a caller must give it, else
    `default` stands for it.
    """

    name: Slug
    unit: Annotated[str, Meta(max_length=32, description="for example rpm")]
    minimum: Annotated[float, Meta(ge=-LARGEST_FLOAT32, le=LARGEST_FLOAT32)]
    maximum: Annotated[float, Meta(ge=-LARGEST_FLOAT32, le=LARGEST_FLOAT32)]
    required: bool = True
    default: Annotated[float | None, Meta(description="What the model gets where none is given.")] = None

    def __post_init__(self) -> None:
        """Refuse what the types cannot express."""
        if not self.minimum < self.maximum:
            raise ValueError(f"condition {self.name}: minimum {self.minimum:g} is not below maximum {self.maximum:g}")
        if self.required != (self.default is None):
            raise ValueError(f"condition {self.name}: one that is not required has a default, and no other has one")
        if self.default is not None and not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"condition {self.name}: default {self.default:g} is not between minimum and maximum")


class InputSpec(ManifestPart, frozen=True, kw_only=True):
    """The tensor a model takes: [batch, channels, window] at one sample rate.

    A model with conditions takes a second tensor `conditions`, float32 [batch, conditions] in the order of the list.
    name: of the tensor; layout: batch, channels, time.
    """

    name: str = "signal"
    dtype: Literal["float32"] = "float32"
    layout: Literal["BCT"] = "BCT"
    channels: Annotated[int, Meta(ge=1)]
    window: Annotated[int, Meta(ge=1, description="samples")]
    sample_rate_hz: Annotated[float, Meta(gt=0)]
    unit: Annotated[str, Meta(description="physical unit of a sample, for example g")]
    conditions: Annotated[
        Annotated[list[Condition], Meta(min_length=1, max_length=MOST_CONDITIONS)] | UnsetType,
        Meta(description="Conditions of operation that the model takes beside the signal; absent where it takes none."),
    ] = UNSET

    def __post_init__(self) -> None:
        """Refuse what the types cannot express."""
        if len({one.name for one in self.conditions_taken}) != len(self.conditions_taken):
            raise ValueError("names of conditions must be unique")

    @property
    def conditions_taken(self) -> Sequence[Condition]:
        """The conditions of operation that the model takes, in the order of its second input's columns; often none."""
        return () if self.conditions is UNSET else self.conditions


class Preprocessing(ManifestPart, frozen=True, kw_only=True):
    """What happens to a recording before the model.

    `resample-window` resamples and cuts, no scaling. `fault-lines` cuts windows of the same duration at the
    recording's own rate, and gives the model's file the features of each, float32 [3, 184], in place of its samples:
    `functions.core.bearings.features` computes them from a window and its conditions.
    """

    id: Literal["resample-window", "fault-lines"] = "resample-window"
    version: Literal[1] = 1


class Variant(ManifestPart, frozen=True, kw_only=True):
    """One ONNX file of the package.

    file: its name in the package; size_bytes, sha256: of the file; opset: the version of ONNX's operators; settings: of
    the method that made the file.
    """

    precision: Precision
    file: FileName
    sha256: Sha256
    size_bytes: Annotated[int, Meta(ge=1)]
    opset: int
    method: Annotated[str, Meta(description="how the file was made, for example static-qdq")]
    settings: dict[str, str | int | float | bool] = {}


class JoinRule(ManifestPart, frozen=True, kw_only=True):
    """How the windows' probabilities become one diagnosis; see `functions.core.models.diagnosis`.

    rule: the mean of the probabilities, or evidence that adds up; floor: the least probability that one window may give
    a class; independence: how much each further window counts, 1 as much as the first; doubt: share of the result that
    is spread over all classes.
    """

    rule: Literal["mean", "evidence"] = "mean"
    floor: Annotated[float, Meta(gt=0, lt=1)] = 1e-3
    independence: Annotated[float, Meta(ge=0, le=1)] = 0.0
    doubt: Annotated[float, Meta(ge=0, lt=1)] = 0.0


class NoveltyRule(ManifestPart, frozen=True, kw_only=True):
    """When a recording is unlike the training data.

    A window's novelty is `d / (d + scale)` of its squared Mahalanobis distance d (the model's second
    output); a recording's is the mean over its windows. scale: the distance of a novelty of one half; threshold: above
    it a recording is unlike the training data.
    """

    scale: Annotated[float, Meta(gt=0)]
    threshold: Annotated[float, Meta(gt=0, lt=1)]


class TrustRule(ManifestPart, frozen=True, kw_only=True):
    """How far a diagnosis is trusted, fitted on machines left out of training; see `functions.core.models.diagnosis`.

    novelty_from, discord_from: novelty, and disagreement of windows, of recordings of known machines; up to them
    nothing is taken away; slope: how fast trust falls beyond them; least: the trust that it falls towards; agreed: the
    trust of a class that lines speak for; contradicted: of one while lines speak for another fault; odds: what these
    lines multiply the odds of their fault by; unproven: the most trust in a healthy class while no line of the bearing
    is visible, unless novelty shows that the machine is known.
    """

    novelty_from: Annotated[float, Meta(ge=0, le=1)] = 1.0
    discord_from: Annotated[float, Meta(ge=0, le=1)] = 1.0
    slope: Annotated[float, Meta(ge=0)] = 0.0
    least: Annotated[float, Meta(ge=0, le=1)] = 1.0
    agreed: Annotated[float, Meta(ge=0, le=1)] = 0.0
    # Of 44 such diagnoses of a machine that rolling-bearing never saw (the fan end of the Case Western Reserve rig), 4
    # were right.
    contradicted: Annotated[float, Meta(gt=0, le=1)] = 0.01
    odds: Annotated[float, Meta(ge=1, le=LARGEST_FLOAT32)] = 1.0
    unproven: Annotated[float, Meta(gt=0, le=1)] = 1.0


class Evidence(ManifestPart, frozen=True, kw_only=True):
    """Figures measured when the package was made.

    data: what they were measured on; limits: where they do not hold; records, windows: how many; accuracy: by
    precision, of records and of windows; argmax_agreement: share of windows of which int8 and float32 name the same
    class, null without int8; export_max_abs_difference: of a logit, ONNX against PyTorch; latency_ratio_fp32_to_int8:
    above 1 where int8 is faster, null without int8; machine, cpu_flags, versions, date: of the measurement; notes:
    further figures.
    """

    data: str
    limits: str = ""
    records: int
    windows: int
    accuracy: dict[Precision, dict[str, float]]
    argmax_agreement: float | None
    export_max_abs_difference: float
    latency_ratio_fp32_to_int8: float | None
    machine: str
    cpu_flags: list[str]
    versions: dict[str, str]
    date: str
    notes: dict[str, str | int | float | bool | dict[str, float]] = {}


class Manifest(ManifestPart, frozen=True, kw_only=True):
    """manifest.json: the contract between the build flow and the serve flow.

    name, version: of the package, as requests name it; title: for people; classes: in the order of the logits;
    variants: the files, each of another precision; novelty: null where the model measures none; evidence: what was
    measured; default_variant: the precision that serves, by processor; temperature: divides the logits, so that
    probabilities are calibrated; source_checkpoint_sha256: of the weights that the package was made from.
    """

    schema_version: Literal[1] = 1
    name: Slug
    version: Annotated[str, Meta(pattern=r"^[1-9][0-9]*(?![\s\S])")]
    title: str
    task: Literal["classification"] = "classification"
    classes: Annotated[list[ClassLabel], Meta(min_length=2)]
    input: InputSpec
    preprocessing: Preprocessing = Preprocessing()
    variants: Annotated[list[Variant], Meta(min_length=1)]
    default_variant: dict[Literal["x86_64", "arm64", "cuda"], Precision]
    temperature: Annotated[float, Meta(gt=0)]
    join: JoinRule = JoinRule()
    novelty: NoveltyRule | None = None
    trust: Annotated[
        TrustRule | UnsetType, Meta(description="Absent where no machine was left out of training to fit it by.")
    ] = UNSET
    evidence: Evidence
    source_checkpoint_sha256: Sha256

    def __post_init__(self) -> None:
        """Refuse what the types cannot express."""
        missing = set(self.default_variant.values()) - {variant.precision for variant in self.variants}
        if missing:
            raise ValueError(f"default_variant names precisions without a file: {sorted(missing)}")
        if len({label.id for label in self.classes}) != len(self.classes):
            raise ValueError("class ids must be unique")

    @property
    def trust_rule(self) -> TrustRule:
        """The rule by which diagnoses are trusted; where none was fitted, evidence alone lowers a confidence."""
        return TrustRule() if self.trust is UNSET else self.trust

    def variant(self, precision: Precision) -> Variant:
        """Return the variant of a precision.

        Raises:
            KeyError: the package has no such variant.
        """
        for variant in self.variants:
            if variant.precision == precision:
                return variant
        raise KeyError(precision)


def read_manifest(document: bytes | str) -> Manifest:
    """Read manifest.json.

    Raises:
        ManifestError: it is no JSON or no manifest; the message names the place.
    """
    try:
        return msgspec.json.decode(document, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"The manifest is broken: {error}.") from None


def write_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as the JSON of manifest.json, after reading it back: what is written can be read.

    Raises:
        ManifestError: it holds what a manifest must not.
    """
    document = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    read_manifest(document)
    return document


def input_of_file(manifest: Manifest) -> InputSpec:
    """Return the input of a package's files: windows, or the features that its preprocessing computes of them."""
    if manifest.preprocessing.id != FAULT_LINES:
        return manifest.input
    # Late: one model alone needs it.
    from functions.core.bearings.features import FAULTS, LENGTH

    return msgspec.structs.replace(manifest.input, channels=FAULTS, window=LENGTH)
