"""The answers of the native API: they make the JSON and the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Literal, Self

from msgspec import Meta

from functions.core.http.answers import Answer
from functions.core.http.diagnosis_answer import DiagnosisAnswer, ModelReference
from functions.core.models.diagnosis import Diagnosis
from functions.core.models.manifest import ClassLabel, Evidence, InputSpec, Manifest, Precision
from functions.core.models.options import DiagnosisOptions


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
