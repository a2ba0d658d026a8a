"""The answers with diagnoses: of one recording, of a batch, of the channels of a recording."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType

from functions.core.http.answers import Answer
from functions.core.models.diagnosis import ChannelDiagnoses, Diagnosis
from functions.core.models.manifest import Precision
from functions.core.models.models import LoadedModel
from functions.core.models.options import DiagnosisOptions
from functions.core.preprocessing.indicators import Measured, Zone
from functions.core.preprocessing.signal import RateSource

if TYPE_CHECKING:
    from functions.core.bearings.lines import EvidenceLine


class ModelReference(Answer, frozen=True, kw_only=True):
    """Which model answered."""

    name: str
    version: str
    precision: Precision

    @classmethod
    def of(cls, model: LoadedModel) -> Self:
        """Return the reference of a loaded model."""
        return cls(name=model.manifest.name, version=model.manifest.version, precision=model.precision)


class RecordingAnswer(Answer, frozen=True, kw_only=True):
    """What was diagnosed: the recording as it was read, and figures of its samples, about their mean."""

    sample_rate_hz: Annotated[float, Meta(description="Of the samples as sent.")]
    sample_rate_source: Annotated[
        RateSource, Meta(description="Who stated the rate; `assumed`: nobody, it is the model's own.")
    ]
    channel: Annotated[str | None, Meta(description="Name or number; null where the model takes all.")]
    duration_s: float
    unit: Annotated[str | None, Meta(description="Of the samples; null where neither option nor file states it.")]
    rms: Annotated[float, Meta(description="Root mean square, in the unit of the samples.")]
    peak: Annotated[float, Meta(description="Largest magnitude, in the unit of the samples.")]
    crest_factor: Annotated[float, Meta(description="Peak by RMS.")]
    kurtosis: Annotated[float, Meta(description="3 for noise, higher where there are impacts.")]
    velocity_rms_mm_s: Annotated[
        float | None,
        Meta(description="10 to 1,000 Hz; null where unit, rate or duration do not allow it."),
    ]
    severity_zone: Annotated[
        Zone | None, Meta(description="Of ISO 20816-3, where `machine_group` and `foundation` are given.")
    ]
    note: (
        Annotated[str, Meta(description="What else was found in the file, such as that it was cut short.")] | UnsetType
    ) = UNSET

    @classmethod
    def of(cls, measured: Measured) -> Self:
        """Return the answer of a measured recording, to six digits."""
        shape, velocity = measured.indicators, measured.velocity_rms_mm_s
        return cls(
            sample_rate_hz=measured.sample_rate.hz,
            sample_rate_source=measured.sample_rate.source,
            channel=measured.channel,
            duration_s=_six_digits(measured.duration_s),
            unit=measured.unit,
            rms=_six_digits(shape.rms),
            peak=_six_digits(shape.peak),
            crest_factor=_six_digits(shape.crest_factor),
            kurtosis=_six_digits(shape.kurtosis),
            velocity_rms_mm_s=None if velocity is None else _six_digits(velocity),
            severity_zone=measured.severity_zone,
            note=UNSET if measured.note is None else measured.note,
        )


def _six_digits(value: float) -> float:
    return float(f"{value:.6g}")


class HarmonicAnswer(Answer, frozen=True, kw_only=True):
    """A line at n times an order."""

    n: int
    level_db: Annotated[float, Meta(description="Level above the floor of the spectrum around it.")]


class EvidenceAnswer(Answer, frozen=True, kw_only=True):
    """The lines of one order."""

    name: Annotated[
        str, Meta(description="BPFO, BPFI, BSF (it strikes at its even harmonics), FTF; of a shaft 1X, 2X, 3X, WHIRL.")
    ]
    order: Annotated[float, Meta(description="Multiple of the speed of the shaft.")]
    frequency_hz: Annotated[float, Meta(description="Where the first harmonic is, slip included where it was found.")]
    harmonics: list[HarmonicAnswer]
    supports: Annotated[str | None, Meta(description="The fault that the lines speak for; null where none is visible.")]


class DiagnosisAnswer(Answer, frozen=True, kw_only=True):
    """A diagnosis of one recording."""

    predicted_class: Annotated[int, Meta(description="Index of the class.")]
    class_id: str
    class_name: str
    confidence: Annotated[float, Meta(description="Probability that the class is right, on unknown machines too.")]
    probabilities: Annotated[dict[str, float] | None, Meta(description="Class id to probability, most probable first.")]
    windows: Annotated[int, Meta(description="How many windows the recording was cut into.")]
    in_distribution: Annotated[bool | None, Meta(description="Whether the recording is like the training data.")]
    clipped: Annotated[bool, Meta(description="Whether it was cut off at the range of the sensor or recorder.")]
    novelty: Annotated[float | None, Meta(description="0: like the training data; towards 1: unlike it.")]
    inference_time_ms: Annotated[float, Meta(description="Time in the engine.")]
    timestamp: datetime
    recording: RecordingAnswer
    model: ModelReference
    asset_id: str | None
    request_id: str
    conditions: Annotated[
        dict[str, float] | UnsetType,
        Meta(description="Conditions of operation that were used, defaults among them; absent where none are taken."),
    ] = UNSET
    shaft_speed_used_rpm: Annotated[
        float | UnsetType,
        Meta(description="Speed at which lines were looked for: as stated, or as the shaft's own lines show it."),
    ] = UNSET
    evidence: Annotated[
        list[EvidenceAnswer] | UnsetType,
        Meta(description="Lines of the bearing's faults, or of the shaft; absent where shaft speed is not known."),
    ] = UNSET
    evidence_agrees: Annotated[
        bool | UnsetType | None,
        Meta(description="Whether visible lines speak for the class that the network names; null: none is visible."),
    ] = UNSET
    evidence_note: Annotated[
        str | UnsetType,
        Meta(description="That no line is visible, which promises no health; or that the class is that of the lines."),
    ] = UNSET

    @classmethod
    def of(cls, diagnosis: Diagnosis, options: DiagnosisOptions, request_id: str) -> Self:
        """Return the answer of a diagnosis, with what the caller's options ask for."""
        manifest, evidence = diagnosis.manifest, diagnosis.evidence
        predicted = diagnosis.predicted_class
        label = manifest.classes[predicted]
        return cls(
            predicted_class=predicted,
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
            recording=RecordingAnswer.of(diagnosis.recording),
            model=ModelReference(name=manifest.name, version=manifest.version, precision=diagnosis.precision),
            asset_id=options.asset_id,
            request_id=request_id,
            conditions=UNSET if diagnosis.conditions is None else dict(diagnosis.conditions),
            shaft_speed_used_rpm=UNSET if evidence is None else round(evidence.shaft_speed_used_rpm, 2),
            evidence=UNSET if evidence is None else [_line(one) for one in evidence.lines],
            evidence_agrees=UNSET if evidence is None else diagnosis.evidence_agrees,
            evidence_note=diagnosis.evidence_note or UNSET,
        )


class BatchAnswer(Answer, frozen=True, kw_only=True):
    """The diagnoses of a batch, in the order of its recordings."""

    predictions: list[DiagnosisAnswer]
    batch_size: int
    total_inference_time_ms: float
    average_inference_time_ms: float
    request_id: str

    @classmethod
    def of(cls, diagnoses: Sequence[Diagnosis], options: DiagnosisOptions, request_id: str) -> Self:
        """Return the answer of a batch."""
        return cls(**_batch(diagnoses, options, request_id))


class WorstChannel(Answer, frozen=True, kw_only=True):
    """The channel whose diagnosis is least healthy."""

    index: Annotated[int, Meta(description="Its place in `predictions`.")]
    channel: Annotated[str, Meta(description="Its name, or its number from 0 where the file names none.")]


class UnusableAnswer(Answer, frozen=True, kw_only=True):
    """A channel that has no diagnosis: its sensor is dead, or it has no finite numbers."""

    index: Annotated[int, Meta(description="Its place in the file, from 0.")]
    channel: Annotated[str, Meta(description="Its name, or its number from 0 where the file names none.")]
    error: str
    code: str


class ChannelsAnswer(BatchAnswer, frozen=True, kw_only=True):
    """The diagnoses of a recording's channels, in the order of the file, and the worst of them."""

    channels: Annotated[list[str], Meta(description="Names of the channels, or their numbers from 0.")]
    worst: WorstChannel
    unusable: Annotated[
        list[UnusableAnswer] | UnsetType, Meta(description="Channels without a diagnosis; absent where all have one.")
    ] = UNSET

    @classmethod
    def of_channels(cls, found: ChannelDiagnoses, options: DiagnosisOptions, request_id: str) -> Self:
        """Return the answer of a recording's channels."""
        return cls(
            **_batch(found.diagnoses, options, request_id),
            channels=list(found.names),
            worst=WorstChannel(index=found.worst, channel=found.names[found.worst]),
            unusable=[
                UnusableAnswer(index=one.index, channel=one.name, error=one.message, code=one.code)
                for one in found.unusable
            ]
            or UNSET,
        )

    @property
    def of_worst(self) -> DiagnosisAnswer:
        """The diagnosis that stands for the recording."""
        return self.predictions[self.worst.index]


def _batch(diagnoses: Sequence[Diagnosis], options: DiagnosisOptions, request_id: str) -> dict[str, Any]:
    total_ms = sum(diagnosis.inference_time_ms for diagnosis in diagnoses)
    return {
        "predictions": [DiagnosisAnswer.of(diagnosis, options, request_id) for diagnosis in diagnoses],
        "batch_size": len(diagnoses),
        "total_inference_time_ms": round(total_ms, 4),
        "average_inference_time_ms": round(total_ms / len(diagnoses), 4),
        "request_id": request_id,
    }


def _line(line: "EvidenceLine") -> EvidenceAnswer:
    return EvidenceAnswer(
        name=line.name,
        order=round(line.order, 5),
        frequency_hz=round(line.frequency_hz, 3),
        harmonics=[HarmonicAnswer(n=one.n, level_db=one.level_db) for one in line.harmonics],
        supports=line.supports,
    )


def _probabilities(diagnosis: Diagnosis, options: DiagnosisOptions) -> dict[str, float] | None:
    if not options.return_probabilities:
        return None
    ranked = diagnosis.probabilities.argsort()[::-1][: options.return_top_k].tolist()
    classes, probabilities = diagnosis.manifest.classes, diagnosis.probabilities.tolist()
    return {classes[k].id: round(probabilities[k], 6) for k in ranked}
