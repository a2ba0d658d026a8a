from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.errors import DataError
from build_scripts.evidence.calibrate import Calibration, JoinScore
from build_scripts.evidence.card.step import read_package
from build_scripts.evidence.proof.proof import Served, prove, write_proof
from build_scripts.measuring.gates import Accuracy
from build_scripts.measuring.outputs import run_records
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import JoinRule
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.conftest import WINDOW

CALIBRATION = Calibration(2.0, JoinRule(), None, {"mean": JoinScore(1.0, 0.0)}, None)


@dataclass(frozen=True)
class OracleEngine:
    """Knows the class of a record by its first samples, and names class 0 where noise has changed them."""

    records: RecordSet

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        known = {self.records.record(index)[0, :9].tobytes(): label for index, label in enumerate(self.records.label)}
        label = known.get(windows[0, 0, :9].tobytes(), 0)
        return EngineOutput(4.0 * np.eye(11, dtype=np.float32)[[label] * len(windows)], None)


def test_a_served_variant_is_proven(records: RecordSet, tmp_path: Path) -> None:
    engine = OracleEngine(records)
    served = Served("int8", engine, CALIBRATION, run_records(engine, records, WINDOW))
    proof = prove(served, records, WINDOW, {"own": 0.0}, [])
    assert np.array_equal(proof.confusion, 4 * np.eye(11))
    assert proof.by_severity == dict.fromkeys(records.severity_names, Accuracy(1.0, 1.0))
    assert proof.by_snr_db == dict.fromkeys(("20 dB", "10 dB", "5 dB"), Accuracy(1 / 11, 1 / 11))
    # A softmax of 4, 0, 0 ... at temperature 1 and 2, all right: the error is what confidence lacks to 1.
    before, after = (1 - np.exp(4 / t) / (np.exp(4 / t) + 10) for t in (1.0, 2.0))
    assert proof.calibration_error["windows before"] == pytest.approx(before, abs=1e-6)
    assert proof.calibration_error["windows"] == pytest.approx(after, abs=1e-6)
    assert write_proof(proof, tmp_path).name == "proof.json"


def test_a_folder_without_a_proof_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is no package with a proof: manifest\.json is not there"):
        read_package(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match=r"is no package with a proof: manifest\.json is not of its form"):
        read_package(tmp_path)
