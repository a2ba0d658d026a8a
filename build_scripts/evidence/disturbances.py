"""Evaluate the model of the journal bearing on machines and measuring chains unlike those of its records."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from build_scripts.data.progress import Progress
from build_scripts.data.simulate import SimulationConfig, simulate
from build_scripts.data.simulation.setup import RATED, Chain, Setup
from build_scripts.errors import DataError
from build_scripts.evidence.calibrate import record_novelty
from build_scripts.measuring.outputs import RecordOutputs, run_records
from functions.core.models.diagnosis import record_probabilities, trust_in, window_probabilities
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import Manifest
from functions.core.models.models import ModelRepository
from functions.core.preprocessing.arrays import Float64Array

# Two records of each class and severity, that no training, calibration or figure of the card has.
RECORDS_PER_CELL, SEED = 2, 3003
# The confidence from which on a reader believes an answer.
SURE = 0.9

_CORNERS_HZ = (1, 2, 5, 10)
_HIGH_PASSES = {
    f"high-pass {corner} Hz, order {order}": Setup(chain=Chain(corner, order))
    for order in (1, 2, 4)
    for corner in _CORNERS_HZ
}
_SPEEDS = {f"shaft at {speed:g} Hz": Setup(speed) for speed in (16.5, 25.0, 30.0, 50.0, 70.0, 90.0, 118.0)}
_OFFSETS = {f"offset {offset:g} g": Setup(chain=Chain(offset_g=offset)) for offset in (0.02, 0.2, 1.0)}
_GAINS = {f"gain {gain:g}": Setup(chain=Chain(gain=gain)) for gain in (0.1, 0.5, 0.7, 1.5, 2.0, 9.81)}
_OTHERS = {
    "sensor resonance at 6 kHz": Setup(chain=Chain(resonance_hz=6000.0)),
    "noise of 0.1 g": Setup(chain=Chain(noise_g=0.1)),
    "mains hum of 0.1 g": Setup(chain=Chain(hum_g=0.1)),
    "recorded at 12,800 Hz": Setup(chain=Chain(recorded_hz=12_800)),
    "recorded at 2,560 Hz": Setup(chain=Chain(recorded_hz=2_560)),
}
KINDS: Mapping[str, Setup] = {"as simulated": RATED} | _HIGH_PASSES | _SPEEDS | _OFFSETS | _GAINS | _OTHERS


@dataclass(frozen=True)
class Disturbed:
    """Records of one kind: how many, and of them flagged as unlike the training; of the others right and wrong.

    sure_and_wrong: the wrong ones that were named with a confidence of 0.9 or more.
    """

    records: int
    flagged: int
    right: int
    wrong: int
    sure_and_wrong: int


def evaluate_disturbed(
    models: Path, name: str, kinds: Mapping[str, Setup] = KINDS, records_per_cell: int = RECORDS_PER_CELL
) -> dict[str, object]:
    """Evaluate every version of a package below `models` on disturbed records, each the same but for its kind.

    Raises:
        ModelNotFoundError, ModelUnavailableError: the package cannot be loaded.
    """
    repository = ModelRepository(models)
    loaded = [repository.load(name, version) for version in repository.versions(name)]
    found: dict[str, dict[str, object]] = {one.manifest.version: {} for one in loaded}
    for kind, setup in Progress(list(kinds.items()), "disturb", "kind"):
        records = simulate(SimulationConfig(records_per_cell, SEED, setups=setup))
        for model in loaded:
            outputs = run_records(model.engine, records, model.manifest.input.window, kind)
            found[model.manifest.version][kind] = asdict(counted(outputs, model.manifest))
    return {"model": name, "versions": found}


def counted(outputs: RecordOutputs, manifest: Manifest) -> Disturbed:
    """Count the right, wrong and flagged answers of a model with this manifest.

    Raises:
        DataError: the model measures no novelty.
    """
    if manifest.novelty is None:
        raise DataError(f"{manifest.name} measures no novelty: what it flags cannot be counted.")
    joined = np.stack([record_probabilities(output, manifest) for output in outputs.outputs])
    named, novelties = joined.argmax(axis=1), record_novelty(outputs, manifest.novelty)
    right, flagged = named == outputs.label, novelties > manifest.novelty.threshold
    sure = (
        np.array([_confidence(*one, manifest) for one in zip(outputs.outputs, joined, novelties, strict=True)]) >= SURE
    )
    return Disturbed(
        records=len(joined),
        flagged=int(flagged.sum()),
        right=int((right & ~flagged).sum()),
        wrong=int((~right & ~flagged).sum()),
        sure_and_wrong=int((~right & ~flagged & sure).sum()),
    )


def _confidence(output: EngineOutput, joined: Float64Array, novelty: float, manifest: Manifest) -> float:
    """Return the confidence of a record's answer, as the server gives it where nothing is stated of the machine."""
    discord = float(joined.max() - window_probabilities(output, manifest)[:, joined.argmax()].mean())
    trust = trust_in(manifest.trust_rule, float(novelty), discord)
    return float(trust * joined.max() + (1 - trust) / len(joined))
