"""Everything measured of the served variant on unseen records, and its file beside the manifest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.records import LabelledRecords
from build_scripts.evidence.calibrate import Calibration
from build_scripts.evidence.half_precision import HalfPrecision
from build_scripts.evidence.measure import accuracy
from build_scripts.evidence.proof.noise import SNR_DB, NoisyRecords
from build_scripts.evidence.proof.reliability import Reliability, reliability
from build_scripts.evidence.trust import FittedTrust
from build_scripts.measuring.gates import Accuracy
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.quantization.exclusion import Sensitivity
from build_scripts.quantization.search import Tried
from functions.core.models.diagnosis import join_probabilities, softmax
from functions.core.models.engine import Engine
from functions.core.models.manifest import Precision
from functions.core.preprocessing.arrays import Float64Array

FILE = "proof.json"


@dataclass(frozen=True)
class Proof:
    """Figures of the card beyond the manifest's, all of the variant that is served.

    confusion int [K][K]: records by their class and the class named. by_severity and by_snr_db: share of records
    and windows right. reliability: of windows before temperature scaling, of windows as served, of records as
    served; `foreign before`, `foreign` and `foreign with evidence`: of records of machines left out of training,
    before and after trust was fitted. novel_share: share of signals called novel by kind, `own` for the unseen
    records. tried: the variants that were searched. half: of the float16 variant, None where it was not asked for.
    sensitivity: why layers of variants were left in float32.
    """

    precision: Precision
    confusion: Sequence[Sequence[int]]
    by_severity: Mapping[str, Accuracy]
    by_snr_db: Mapping[str, Accuracy]
    reliability: Mapping[str, Reliability]
    novel_share: Mapping[str, float]
    tried: Sequence[Tried]
    half: HalfPrecision | None = None
    sensitivity: Sequence[Sensitivity] = ()

    @property
    def calibration_error(self) -> dict[str, float]:
        """Expected calibration error by what was measured."""
        return {name: one.error for name, one in self.reliability.items()}

    def with_trust(self, fitted: FittedTrust | None) -> "Proof":
        """Return the proof with the reliability of foreign machines, where trust was fitted by some."""
        if fitted is None:
            return self
        foreign = {"foreign before": fitted.before, "foreign": fitted.after}
        if fitted.with_evidence is not None:
            foreign["foreign with evidence"] = fitted.with_evidence
        return replace(self, reliability={**self.reliability, **foreign})


@dataclass(frozen=True)
class Served:
    """The variant to be proven: its engine, its calibration, and its outputs on the unseen records."""

    precision: Precision
    engine: Engine
    calibration: Calibration
    outputs: RecordOutputs


def prove(
    served: Served,
    unseen: LabelledRecords,
    window: int,
    novel_share: Mapping[str, float],
    tried: Sequence[Tried],
    snr_db: Sequence[int] = SNR_DB,
) -> Proof:
    """Measure a served variant on unseen records, also with noise at these ratios; none where they are no samples."""
    joined = _joined(served.outputs, served.calibration)
    label = served.outputs.label
    noisy = {f"{snr} dB": NoisyRecords(unseen, snr) for snr in snr_db}
    return Proof(
        precision=served.precision,
        confusion=_confusion(joined.argmax(axis=1), label, joined.shape[1]),
        by_severity=_by_severity(served, joined, unseen),
        by_snr_db={
            name: accuracy(run_records(served.engine, records, window, name), served.calibration)
            for name, records in noisy.items()
        },
        reliability=_reliabilities(served.outputs, served.calibration, joined),
        novel_share=dict(novel_share),
        tried=tuple(tried),
    )


def _joined(outputs: RecordOutputs, calibration: Calibration) -> Float64Array:
    windows = outputs.probabilities(calibration.temperature)
    return np.stack([join_probabilities(one, calibration.join) for one in windows])


def _confusion(named: NDArray[np.int64], label: NDArray[np.int64], classes: int) -> list[list[int]]:
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (label, named), 1)
    return [[int(count) for count in row] for row in counts]


def _by_severity(served: Served, joined: Float64Array, unseen: LabelledRecords) -> dict[str, Accuracy]:
    names, severity = unseen.severity_names, unseen.severity
    if len(names) < 2:
        return {}
    right = joined.argmax(axis=1) == served.outputs.label
    pairs = zip(served.outputs.outputs, served.outputs.label, strict=True)
    windows = np.array([(output.logits.argmax(axis=1) == label).mean() for output, label in pairs])
    return {
        name: Accuracy(float(right[severity == index].mean()), float(windows[severity == index].mean()))
        for index, name in enumerate(names)
        if (severity == index).any()
    }


def _reliabilities(outputs: RecordOutputs, calibration: Calibration, joined: Float64Array) -> dict[str, Reliability]:
    label = outputs.window_label
    windows = np.concatenate(outputs.probabilities(calibration.temperature))
    served = np.stack([join_probabilities(one[None], calibration.join) for one in windows])
    return {
        "windows before": reliability(softmax(outputs.window_logits, 1.0), label),
        "windows": reliability(served, label),
        "records": reliability(joined, outputs.label),
    }


def write_proof(proof: Proof, folder: Path) -> Path:
    """Write a proof as JSON into a package's folder and return its path."""
    path = folder / FILE
    path.write_text(json.dumps(asdict(proof), indent=2, allow_nan=False) + "\n")
    return path
