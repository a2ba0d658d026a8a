"""Foreign signals, of no machine or of another: some are outliers in training, others judge the novelty measure.

Source: Hendrycks, Mazeika and Dietterich, "Deep Anomaly Detection with Outlier Exposure", ICLR 2019.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from build_scripts.data.records import LabelledRecords
from build_scripts.data.simulation.rolling import MAINS_HZ
from build_scripts.networks.conditions import rows_of
from functions.core.models.diagnosis import novelty
from functions.core.models.engine import Engine
from functions.core.models.manifest import NoveltyRule
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.clipping import extremes, is_clipped
from functions.core.preprocessing.resampling import resample
from functions.core.preprocessing.windowing import cut_windows

HUM_HARMONICS = (1, 2, 3, 5)
LOWEST_HZ, HIGHEST_SHARE = 20.0, 0.49
EXPOSED_LEVEL_RANGE = (0.1, 3.0)
EXPOSED_CLIPPING_RMS = (0.2, 1.0)
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
# Other draws than training saw.
SEED = 90210
SIGNALS, WINDOWS = 60, 3
JUDGED_LEVEL_RANGE = (0.1, 10.0)
JUDGED_CLIPPING_RMS = (0.25, 0.5, 1.0)

Samples = NDArray[np.float64]
Signals = Sequence[Float32Array]
Outlier = Callable[[np.random.Generator, int, float], Samples]


def white_noise(rng: np.random.Generator, samples: int, sample_rate_hz: float) -> Samples:
    """White noise of an RMS of 1: a sensor on the table; float64 [samples]."""
    return rng.standard_normal(samples)


def sine(rng: np.random.Generator, samples: int, sample_rate_hz: float) -> Samples:
    """A tone of 20 Hz to nearly half the rate with up to a tenth of noise; float64 [samples]."""
    frequency_hz = rng.uniform(LOWEST_HZ, HIGHEST_SHARE * sample_rate_hz)
    tone = np.sin(2 * np.pi * (frequency_hz * np.arange(samples) / sample_rate_hz + rng.random()))
    return np.asarray(tone + rng.uniform(0.0, 0.1) * rng.standard_normal(samples))


def hum(rng: np.random.Generator, samples: int, sample_rate_hz: float) -> Samples:
    """Silence with mains hum: 50 or 60 Hz with harmonics above a little noise; float64 [samples]."""
    turns = rng.choice(MAINS_HZ) * np.arange(samples) / sample_rate_hz
    lines = [rng.random() / order * np.sin(2 * np.pi * (order * turns + rng.random())) for order in HUM_HARMONICS]
    return np.asarray(np.sum(lines, axis=0) + 10 ** rng.uniform(-2.5, -0.5) * rng.standard_normal(samples))


OUTLIERS: Mapping[str, Outlier] = {"white noise": white_noise, "sine": sine, "silence with hum": hum}
KINDS = (*OUTLIERS, "clipped")


def clipped(rng: np.random.Generator, windows: Float32Array) -> Float32Array:
    """Return windows float32 [B, C, T] cut off at a random 0.2 to 1 of their RMS, as an overdriven sensor does."""
    limit = windows.std(axis=(1, 2), keepdims=True) * rng.uniform(*EXPOSED_CLIPPING_RMS, (len(windows), 1, 1))
    cut: Float32Array = np.clip(windows, -limit, limit).astype(np.float32)
    return cut


def exposure(rng: np.random.Generator, known: Float32Array, each: int, sample_rate_hz: float) -> Float32Array:
    """Return `each` outliers of every kind, beside known windows float32 [B, C, T]: float32 [n, C, T].

    Their levels are a tenth to three times that of the known windows, apart from the clipped ones, which are
    known windows themselves. One kind follows the other, `KINDS` names them.
    """
    shape, level = known.shape[1:], float(known.std())
    drawn = [
        level * _level(rng) * np.stack([outlier(rng, shape[1], sample_rate_hz) for _ in range(shape[0])])
        for outlier in OUTLIERS.values()
        for _ in range(each)
    ]
    chosen = known[rng.integers(0, len(known), each)]
    return np.concatenate([np.stack(drawn).astype(np.float32), clipped(rng, chosen)])


def _level(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(EXPOSED_LEVEL_RANGE))))


def novel_shares(
    engine: Engine, rule: NoveltyRule, unseen: LabelledRecords, window: int, machines: Mapping[str, Signals]
) -> dict[str, float]:
    """Return the share of signals out of distribution by kind, `own` for the unseen records themselves.

    Conditions of operation, where the model takes some, are those of the unseen records, one after the other.

    Args:
        engine: gives a distance.
        rule: the model's.
        unseen: records the model has not seen; they are also clipped at a quarter, half and once their RMS.
        window: samples the model takes.
        machines: recordings of other machines by name, float32 [C, N] at the records' rate.
    """
    own = [unseen.windows(index, window) for index in range(len(unseen))]
    kinds: dict[str, Signals] = {"own": own} | synthetic(unseen, window)
    kinds |= {
        f"clipped at {level:g} rms": [_clipped(windows, level) for windows in own] for level in JUDGED_CLIPPING_RMS
    }
    kinds |= {name: [cut_windows(one, window) for one in signals] for name, signals in machines.items()}
    return {name: _share(engine, rule, signals, unseen.conditions) for name, signals in kinds.items() if signals}


def synthetic(unseen: LabelledRecords, window: int) -> dict[str, Signals]:
    """Return sixty outliers of each kind as windows float32 [3, C, window], at a tenth to ten times the own level."""
    rng = np.random.default_rng(SEED)
    level = float(np.mean([unseen.windows(index, window).std() for index in range(min(len(unseen), SIGNALS))]))
    length, rate_hz = WINDOWS * window, unseen.sample_rate_hz
    kinds: dict[str, Signals] = {}
    for name, outlier in OUTLIERS.items():
        rows = [
            level
            * np.exp(rng.uniform(*np.log(JUDGED_LEVEL_RANGE)))
            * np.stack([outlier(rng, length, rate_hz) for _ in range(unseen.channels)])
            for _ in range(SIGNALS)
        ]
        kinds[name] = [cut_windows(signal.astype(np.float32), window) for signal in rows]
    return kinds


def examples(folder: Path, sample_rate_hz: float) -> Signals:
    """Return the .wav files of a folder, each of one channel, as float32 [1, N] at a rate."""
    read = [soundfile.read(path, dtype="float32") for path in sorted(folder.glob("*.wav"))]
    return [resample(signal[None], rate_hz, sample_rate_hz) for signal, rate_hz in read]


def _clipped(windows: Float32Array, level_rms: float) -> Float32Array:
    limit = level_rms * windows.std()
    return np.clip(windows, -limit, limit)


def _share(engine: Engine, rule: NoveltyRule, signals: Signals, conditions: Float32Array | None) -> float:
    given = [None] if conditions is None else conditions
    pairs = zip(signals, cycle(given), strict=False)
    return float(np.mean([_is_novel(engine, rule, windows, rows_of(row, len(windows))) for windows, row in pairs]))


def _is_novel(engine: Engine, rule: NoveltyRule, windows: Float32Array, conditions: Float32Array | None) -> bool:
    rows = windows.transpose(1, 0, 2).reshape(windows.shape[1], -1)
    measured = novelty(engine.run(windows, conditions), rule)
    return any(is_clipped(row, *extremes(row)) for row in rows) or (measured is not None and measured > rule.threshold)
