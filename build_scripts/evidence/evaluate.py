"""The step that evaluates: a packaged model on labelled records, joined as the server joins them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_scripts.data.records import LabelledRecords, require_fitting
from build_scripts.measuring.gates import Accuracy
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.quantization.half_rounded import runnable
from functions.core.models.diagnosis import novelty, record_probabilities
from functions.core.models.engine import Engine, OnnxEngine
from functions.core.models.manifest import Manifest
from functions.core.models.models import CpuEngines, ModelRepository
from functions.core.preprocessing.arrays import Float64Array


@dataclass(frozen=True)
class VariantEvaluation:
    """Accuracy of one variant, its accuracy per class by class id, and the share of records called novel."""

    accuracy: Accuracy
    per_class: dict[str, Accuracy]
    novel_share: float | None


@dataclass(frozen=True)
class Evaluation:
    """A model's accuracy on a set of records, by precision."""

    model: str
    version: str
    records: int
    variants: dict[str, VariantEvaluation]

    def as_json(self) -> dict[str, object]:
        """Return the evaluation as one JSON object."""
        variants = {name: _variant_json(variant) for name, variant in self.variants.items()}
        return {"model": self.model, "version": self.version, "records": self.records, "variants": variants}


def evaluate(models: Path, name: str, records: LabelledRecords, version: str | None = None) -> Evaluation:
    """Evaluate every variant of a packaged model on records, on the CPU; a float16 one with every value rounded.

    Raises:
        DataError: the records have other classes or another sample rate than the model.
        ModelNotFoundError, VersionNotFoundError, ModelUnavailableError: the package cannot be loaded.
    """
    repository = ModelRepository(models, engines=_RoundingEngines())
    manifest = repository.manifest(name, version)
    require_fitting(records, len(manifest.classes), manifest.input.sample_rate_hz, manifest.input.window)
    variants = {}
    for precision in (variant.precision for variant in manifest.variants):
        engine = repository.load(name, version, precision).engine
        variants[str(precision)] = score(run_records(engine, records, manifest.input.window, precision), manifest)
    return Evaluation(manifest.name, manifest.version, len(records), variants)


class _RoundingEngines(CpuEngines, frozen=True):
    """The CPU's engines, which run float16 as a GPU stores it."""

    def engine(self, model: bytes, manifest: Manifest) -> Engine:
        """Return the engine of a file."""
        return OnnxEngine(runnable(model))


def score(outputs: RecordOutputs, manifest: Manifest) -> VariantEvaluation:
    """Score outputs of a model with the calibration of its manifest."""
    joined = np.stack([record_probabilities(output, manifest) for output in outputs.outputs])
    right = joined.argmax(axis=1) == outputs.label
    windows_right = outputs.window_logits.argmax(axis=1) == outputs.window_label
    per_class = {
        label.id: Accuracy(_share(right[outputs.label == index]), _share(windows_right[outputs.window_label == index]))
        for index, label in enumerate(manifest.classes)
        if (outputs.label == index).any()
    }
    return VariantEvaluation(Accuracy(_share(right), _share(windows_right)), per_class, _novel_share(outputs, manifest))


def _share(right: np.typing.NDArray[np.bool_]) -> float:
    return float(right.mean())


def _novel_share(outputs: RecordOutputs, manifest: Manifest) -> float | None:
    values = [novelty(output, manifest.novelty) for output in outputs.outputs]
    if manifest.novelty is None or None in values:
        return None
    measured: Float64Array = np.array(values, np.float64)
    return float((measured > manifest.novelty.threshold).mean())


def _variant_json(variant: VariantEvaluation) -> dict[str, object]:
    return {
        "record_accuracy": variant.accuracy.record,
        "window_accuracy": variant.accuracy.window,
        "novel_share": variant.novel_share,
        "per_class": {
            name: {"record_accuracy": one.record, "window_accuracy": one.window}
            for name, one in variant.per_class.items()
        },
    }
