"""The answers of the native API, from which JSON and OpenAPI schemas are made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

from msgspec import Meta

from functions.core.http.answers import Answer
from functions.core.http.diagnosis_answer import ModelReference
from functions.core.models.manifest import ClassLabel, Evidence, InputSpec, Manifest, Precision

if TYPE_CHECKING:
    from functions.core.bearings.catalogue import Catalogue, CatalogueRow


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
    """A model package: what it takes, its classes, what was measured of it."""

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
        """Return the answer of a manifest."""
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


class BearingAnswer(Answer, frozen=True, kw_only=True):
    """One bearing of the catalogue: what `bearing` may name, and the fault orders that it stands for."""

    designation: str
    aliases: Annotated[list[str], Meta(description="Other names of it.")]
    kind: str
    rolling_elements: int
    bpfo_order: Annotated[float, Meta(description="Multiples of the speed of the shaft, as the other orders.")]
    bpfi_order: float
    bsf_order: float
    ftf_order: float
    source: Annotated[str, Meta(description="Where its orders or its geometry are printed.")]

    @classmethod
    def of(cls, row: "CatalogueRow", sources: Mapping[str, str]) -> Self:
        """Return the answer of a row of the catalogue."""
        orders = row.orders()
        return cls(
            designation=row.designation,
            aliases=row.aliases,
            kind=row.kind,
            rolling_elements=row.rolling_elements,
            bpfo_order=round(orders.bpfo, 5),
            bpfi_order=round(orders.bpfi, 5),
            bsf_order=round(orders.bsf, 5),
            ftf_order=round(orders.ftf, 5),
            source=sources[row.source],
        )


class BearingsAnswer(Answer, frozen=True, kw_only=True):
    """The bearings that hold what was asked for, in the order of the catalogue."""

    bearings: list[BearingAnswer]
    total: Annotated[int, Meta(description="How many the catalogue has.")]

    @classmethod
    def of(cls, rows: "Sequence[CatalogueRow]", catalogue: "Catalogue") -> Self:
        """Return the answer of the rows that were found."""
        found = [BearingAnswer.of(row, catalogue.sources) for row in rows]
        return cls(bearings=found, total=len(catalogue.bearings))


class IndexAnswer(Answer, frozen=True, kw_only=True):
    """What this service is and where to go on."""

    name: str
    version: str
    description: str
    links: dict[str, str]
