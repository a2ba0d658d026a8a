"""The diagnoses of a fleet: seeded, with values of the digits that answers have."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from functions.core.assets.history import Observation
from functions.core.http.diagnosis_answer import DiagnosisAnswer, ModelReference, RecordingAnswer
from functions.core.models.manifest import ClassLabel, Manifest

# Between two recordings of an asset.
INTERVAL_S = 600
_SAMPLE_RATE_HZ, _DURATION_S = 25_600.0, 5.0
# Of assets, which have a fault in the later half of their recordings.
_FAULTY_SHARE = 0.1


class Fleet:
    """Assets with a model, and their diagnoses."""

    def __init__(self, manifest: Manifest, assets: int, each: int, began_s: float) -> None:
        """Choose the assets that get a fault.

        Args:
            manifest: of the model.
            assets: how many.
            each: diagnoses of one.
            began_s: epoch seconds of the first recordings.
        """
        self._manifest, self._each, self._began_s = manifest, each, began_s
        self._random = random.Random(assets * each)  # noqa: S311 - figures, no secrets
        self.names = [f"plant-{number % 20:02d}:pump-{number:05d}" for number in range(assets)]
        self._faults = {
            name: self._random.choice(manifest.classes[1:])
            for name in self.names
            if self._random.random() < _FAULTY_SHARE
        }

    def recorded_at_s(self, index: int) -> float:
        """Return when the recordings of an index are made, epoch seconds."""
        return self._began_s + index * INTERVAL_S

    def observations(self, name: str, indexes: Sequence[int]) -> list[Observation]:
        """Return the diagnoses of an asset at these indexes."""
        return [self._observation(name, index) for index in indexes]

    def _observation(self, name: str, index: int) -> Observation:
        draw = self._random
        request_id = f"{draw.getrandbits(128):032x}-{index:03d}"
        fault = self._faults.get(name)
        label = fault if fault is not None and index >= self._each // 2 else self._manifest.classes[0]
        recorded_at_s = self.recorded_at_s(index)
        answer = DiagnosisAnswer(
            predicted_class=self._manifest.classes.index(label),
            class_id=label.id,
            class_name=label.name,
            confidence=round(draw.uniform(0.9, 1), 6),
            probabilities=None,
            windows=5,
            in_distribution=True,
            clipped=False,
            novelty=round(draw.random(), 4),
            inference_time_ms=1.0,
            timestamp=datetime.fromtimestamp(recorded_at_s, UTC),
            recording=self._recording(label),
            model=ModelReference(name=self._manifest.name, version=self._manifest.version, precision="int8"),
            asset_id=name,
            request_id=request_id,
        )
        return Observation(f"{request_id}-0", name, recorded_at_s, answer)

    def _recording(self, label: ClassLabel) -> RecordingAnswer:
        draw, is_well = self._random, label is self._manifest.classes[0]
        rms = draw.uniform(0.1, 0.4) * (1 if is_well else 3)
        crest_factor = draw.uniform(2.5, 5)
        return RecordingAnswer(
            sample_rate_hz=_SAMPLE_RATE_HZ,
            sample_rate_source="file",
            channel="acceleration",
            duration_s=_DURATION_S,
            unit="g",
            rms=_six_digits(rms),
            peak=_six_digits(rms * crest_factor),
            crest_factor=_six_digits(crest_factor),
            kurtosis=_six_digits(draw.uniform(2.8, 6)),
            velocity_rms_mm_s=_six_digits(rms * 10),
            severity_zone="B" if is_well else "C",
        )


def _six_digits(value: float) -> float:
    return float(f"{value:.6g}")
