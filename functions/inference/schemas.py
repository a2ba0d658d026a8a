"""The answers of the native API: they make the JSON and the OpenAPI document."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from functions.core.diagnosis import Diagnosis
from functions.core.manifest import ClassLabel, Evidence, InputSpec, Manifest, Precision
from functions.core.models import LoadedModel
from functions.core.options import DiagnosisOptions


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen answer."""


class ModelReference(Answer, frozen=True, kw_only=True):
    """Which model answered."""

    name: str
    version: str
    precision: Precision

    @classmethod
    def of(cls, model: LoadedModel) -> Self:
        """Shape a loaded model."""
        return cls(name=model.manifest.name, version=model.manifest.version, precision=model.precision)


class DiagnosisAnswer(Answer, frozen=True, kw_only=True):
    """A diagnosis of one recording."""

    predicted_class: Annotated[int, Meta(description="Index of the class.")]
    class_id: str
    class_name: str
    confidence: Annotated[float, Meta(description="Calibrated probability of the predicted class.")]
    probabilities: Annotated[dict[str, float] | None, Meta(description="Class id to probability, most probable first.")]
    windows: Annotated[int, Meta(description="How many windows the recording was cut into.")]
    in_distribution: Annotated[bool | None, Meta(description="Whether the recording is like the training data.")]
    clipped: Annotated[bool, Meta(description="Whether it was cut off at the range of the sensor or recorder.")]
    novelty: Annotated[float | None, Meta(description="0: like the training data; towards 1: unlike it.")]
    inference_time_ms: Annotated[float, Meta(description="Time in the engine.")]
    timestamp: datetime
    model: ModelReference
    asset_id: str | None
    request_id: str

    @classmethod
    def of(cls, diagnosis: Diagnosis, options: DiagnosisOptions, request_id: str) -> Self:
        """Shape a diagnosis as the caller's options ask."""
        manifest = diagnosis.manifest
        label = manifest.classes[diagnosis.predicted_class]
        return cls(
            predicted_class=diagnosis.predicted_class,
            class_id=label.id,
            class_name=label.name,
            confidence=round(diagnosis.confidence, 6),
            probabilities=_probabilities(diagnosis, options),
            windows=diagnosis.windows,
            in_distribution=diagnosis.in_distribution,
            clipped=diagnosis.clipped,
            novelty=None if diagnosis.novelty is None else round(diagnosis.novelty, 4),
            inference_time_ms=round(diagnosis.inference_time_ms, 4),
            timestamp=datetime.now(UTC),
            model=ModelReference(name=manifest.name, version=manifest.version, precision=diagnosis.precision),
            asset_id=options.asset_id,
            request_id=request_id,
        )


class BatchAnswer(Answer, frozen=True, kw_only=True):
    """The diagnoses of a batch, in the order of its recordings."""

    predictions: list[DiagnosisAnswer]
    batch_size: int
    total_inference_time_ms: float
    average_inference_time_ms: float
    request_id: str

    @classmethod
    def of(cls, diagnoses: list[Diagnosis], options: DiagnosisOptions, request_id: str) -> Self:
        """Shape the diagnoses of a batch."""
        total_ms = sum(diagnosis.inference_time_ms for diagnosis in diagnoses)
        return cls(
            predictions=[DiagnosisAnswer.of(diagnosis, options, request_id) for diagnosis in diagnoses],
            batch_size=len(diagnoses),
            total_inference_time_ms=round(total_ms, 4),
            average_inference_time_ms=round(total_ms / len(diagnoses), 4),
            request_id=request_id,
        )


class HealthAnswer(Answer, frozen=True, kw_only=True):
    """Whether the service can diagnose."""

    status: Literal["healthy", "unhealthy"]
    model_loaded: bool
    model: ModelReference | None
    device: Literal["cpu", "cuda"]
    version: str
    timestamp: datetime


class VariantAnswer(Answer, frozen=True, kw_only=True):
    """One file of a model package."""

    precision: Precision
    size_bytes: int
    method: str
    sha256: str


class ModelAnswer(Answer, frozen=True, kw_only=True):
    """A model package: what it takes, what it tells apart, what was measured of it."""

    name: str
    version: str
    title: str
    task: str
    versions: Annotated[list[str], Meta(description="All versions here, oldest first.")]
    is_default: bool
    classes: Annotated[list[ClassLabel], Meta(description="In the order of `predicted_class`.")]
    input: InputSpec
    variants: list[VariantAnswer]
    join: Annotated[str, Meta(description="Rule that joins the windows of a recording.")]
    evidence: Annotated[Evidence, Meta(description="Figures measured when the package was made.")]

    @classmethod
    def of(cls, manifest: Manifest, versions: list[str], default_model: str) -> Self:
        """Shape a manifest."""
        return cls(
            name=manifest.name,
            version=manifest.version,
            title=manifest.title,
            task=manifest.task,
            versions=versions,
            is_default=manifest.name == default_model,
            classes=manifest.classes,
            input=manifest.input,
            variants=[
                VariantAnswer(
                    precision=variant.precision,
                    size_bytes=variant.size_bytes,
                    method=variant.method,
                    sha256=variant.sha256,
                )
                for variant in manifest.variants
            ],
            join=manifest.join.rule,
            evidence=manifest.evidence,
        )


class ModelsAnswer(Answer, frozen=True, kw_only=True):
    """All model packages, newest version of each."""

    models: list[ModelAnswer]
    unavailable: Annotated[list[str], Meta(description="Names of packages whose manifest is broken.")]
    default_model: str


class IndexAnswer(Answer, frozen=True, kw_only=True):
    """What this service is and where to go on."""

    name: str
    version: str
    description: str
    links: dict[str, str]


class ErrorAnswer(Answer, frozen=True, kw_only=True):
    """Every error, whatever its status."""

    error: Annotated[str, Meta(description="One sentence a person can act on.")]
    code: str
    field: Annotated[str | None, Meta(description="The part of the request that is at fault.")]
    request_id: str | None


def _probabilities(diagnosis: Diagnosis, options: DiagnosisOptions) -> dict[str, float] | None:
    if not options.return_probabilities:
        return None
    ranked = diagnosis.probabilities.argsort()[::-1][: options.return_top_k]
    return {diagnosis.manifest.classes[k].id: round(float(diagnosis.probabilities[k]), 6) for k in ranked.tolist()}
