"""A model's recipe: what it is for, its network, and how its data and its training are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from build_scripts.checkpoint import ModelDescription
from build_scripts.network import NetworkConfig, Stage
from build_scripts.quantize import QuantizationConfig
from build_scripts.simulate import SimulationConfig
from build_scripts.simulation.classes import FAULT_CLASSES, SAMPLE_RATE_HZ
from build_scripts.train import TrainingConfig


@dataclass(frozen=True)
class ModelRecipe:
    """Everything that decides a shipped model; the three record sets come from different seeds.

    training: records the weights are fitted to; fitting: records the calibration is fitted to;
    unseen: records every figure of the evidence is measured on.
    """

    description: ModelDescription
    network: NetworkConfig
    training: TrainingConfig
    quantization: QuantizationConfig
    training_records: SimulationConfig
    fitting_records: SimulationConfig
    unseen_records: SimulationConfig
    calibration_windows: int
    data: str
    limits: str


JOURNAL_BEARING = ModelRecipe(
    description=ModelDescription(
        name="journal-bearing",
        title="Hydrodynamic journal bearing, 11 conditions",
        classes=tuple((fault.id, fault.name) for fault in FAULT_CLASSES),
        window=SAMPLE_RATE_HZ,
        sample_rate_hz=SAMPLE_RATE_HZ,
        unit="g",
    ),
    network=NetworkConfig(
        channels=1,
        classes=len(FAULT_CLASSES),
        stages=(
            Stage(channels=24, kernel=63, stride=16),
            Stage(channels=32, kernel=9, stride=4),
            Stage(channels=48, kernel=9, stride=4),
            Stage(channels=64, kernel=9, stride=4),
            Stage(channels=64, kernel=9, stride=1),
        ),
        pooled=(1, 2, -1),
    ),
    training=TrainingConfig(),
    quantization=QuantizationConfig(),
    training_records=SimulationConfig(records_per_cell=120, seed=7),
    fitting_records=SimulationConfig(records_per_cell=48, seed=1001),
    unseen_records=SimulationConfig(records_per_cell=24, seed=1002),
    calibration_windows=256,
    data="simulated journal-bearing records of five seconds (build_scripts/simulation)",
    limits=(
        "The simulator is not validated on a rig: no recording of a real journal bearing was used. "
        "A one-second window of a cavitating machine without a burst in it equals a healthy one, so single "
        "windows cannot be told apart better than that; a recording of several seconds can. "
        "Shaft speeds outside 54 to 66 Hz, other sensors and other machines were never seen."
    ),
)

RECIPES: Mapping[str, ModelRecipe] = {JOURNAL_BEARING.description.name: JOURNAL_BEARING}
