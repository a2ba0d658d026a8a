"""The manifest of a model package: what a model is, what it needs and what was proven of it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Precision = Literal["fp32", "fp16", "int8"]


class ManifestPart(BaseModel):
    """A frozen part of a manifest; an unknown field is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class ClassLabel(ManifestPart):
    """One class, in the order of the logits."""

    id: Slug
    name: str


class InputSpec(ManifestPart):
    """The tensor a model takes: [batch, channels, window] at one sample rate."""

    name: str = "signal"
    dtype: Literal["float32"] = "float32"
    layout: Literal["BCT"] = "BCT"
    channels: int = Field(ge=1)
    window: int = Field(ge=1, description="samples")
    sample_rate_hz: float = Field(gt=0)
    unit: str = Field(description="physical unit of a sample, for example g")


class Preprocessing(ManifestPart):
    """What happens to a recording before the model: `resample-window` resamples and cuts, no scaling."""

    id: Literal["resample-window"] = "resample-window"
    version: Literal[1] = 1


class Variant(ManifestPart):
    """One ONNX file of the package."""

    precision: Precision
    file: FileName
    sha256: Sha256
    size_bytes: int = Field(ge=1)
    opset: int
    method: str = Field(description="how the file was made, for example static-qdq")
    settings: dict[str, str | int | float | bool] = Field(default_factory=dict)


class JoinRule(ManifestPart):
    """How the windows' probabilities become one diagnosis; see `functions.core.joining`."""

    rule: Literal["mean", "evidence"] = "mean"
    floor: float = Field(default=1e-3, gt=0, lt=1)
    independence: float = Field(default=0.0, ge=0, le=1)
    doubt: float = Field(default=0.0, ge=0, lt=1)


class NoveltyRule(ManifestPart):
    """When a recording is unlike the training data.

    A window's novelty is `d / (d + scale)` of its squared Mahalanobis distance d (the model's second
    output); a recording's is the mean over its windows, and above `threshold` it is out of distribution.
    """

    scale: float = Field(gt=0)
    threshold: float = Field(gt=0, lt=1)


class Evidence(ManifestPart):
    """Figures measured when the package was made.

    Agreement and latency ratio compare int8 with float32; None in a package without int8.
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
    notes: dict[str, str | int | float | bool | dict[str, float]] = Field(default_factory=dict)


class Manifest(ManifestPart):
    """manifest.json: the contract between the build flow and the serve flow."""

    schema_version: Literal[1] = 1
    name: Slug
    version: Annotated[str, Field(pattern=r"^[1-9][0-9]*$")]
    title: str
    task: Literal["classification"] = "classification"
    classes: list[ClassLabel] = Field(min_length=2)
    input: InputSpec
    preprocessing: Preprocessing = Preprocessing()
    variants: list[Variant] = Field(min_length=1)
    default_variant: dict[Literal["x86_64", "arm64", "cuda"], Precision]
    temperature: float = Field(gt=0)
    join: JoinRule = JoinRule()
    novelty: NoveltyRule | None = None
    evidence: Evidence
    source_checkpoint_sha256: Sha256

    @model_validator(mode="after")
    def _defaults_exist(self) -> "Manifest":
        missing = set(self.default_variant.values()) - {variant.precision for variant in self.variants}
        if missing:
            raise ValueError(f"default_variant names precisions without a file: {sorted(missing)}")
        if len({label.id for label in self.classes}) != len(self.classes):
            raise ValueError("class ids must be unique")
        return self

    def variant(self, precision: Precision) -> Variant:
        """Return the variant of a precision.

        Raises:
            KeyError: the package has no such variant.
        """
        for variant in self.variants:
            if variant.precision == precision:
                return variant
        raise KeyError(precision)
