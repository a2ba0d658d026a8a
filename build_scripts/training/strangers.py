"""Signals a model should call novel, and how many of them it does, judged as the server judges them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from build_scripts.data.records import LabelledRecords
from build_scripts.training.outliers import OUTLIERS
from functions.core.models.diagnosis import novelty
from functions.core.models.engine import Engine
from functions.core.models.manifest import NoveltyRule
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.clipping import extremes, is_clipped
from functions.core.preprocessing.resampling import resample
from functions.core.preprocessing.windowing import cut_windows

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
# Other draws than training saw.
SEED = 90210
SIGNALS, WINDOWS = 60, 3
LEVEL_RANGE = (0.1, 10.0)
CLIPPED_AT_RMS = (0.25, 0.5, 1.0)

Signals = Sequence[Float32Array]


def novel_shares(
    engine: Engine, rule: NoveltyRule, unseen: LabelledRecords, window: int, machines: Mapping[str, Signals]
) -> dict[str, float]:
    """Return the share of signals out of distribution by kind, `own` for the unseen records themselves.

    Args:
        engine: gives a distance.
        rule: the model's.
        unseen: records the model has not seen; they are also clipped at a quarter, half and once their RMS.
        window: samples the model takes.
        machines: recordings of other machines by name, float32 [C, N] at the records' rate.
    """
    own = [unseen.windows(index, window) for index in range(len(unseen))]
    kinds: dict[str, Signals] = {"own": own} | synthetic(unseen, window)
    kinds |= {f"clipped at {level:g} rms": [_clipped(windows, level) for windows in own] for level in CLIPPED_AT_RMS}
    kinds |= {name: [cut_windows(one, window) for one in signals] for name, signals in machines.items()}
    return {name: _share(engine, rule, signals) for name, signals in kinds.items() if signals}


def synthetic(unseen: LabelledRecords, window: int) -> dict[str, Signals]:
    """Return sixty outliers of each kind as windows float32 [3, C, window], at a tenth to ten times the own level."""
    rng = np.random.default_rng(SEED)
    level = float(np.mean([unseen.windows(index, window).std() for index in range(min(len(unseen), SIGNALS))]))
    length, rate_hz = WINDOWS * window, unseen.sample_rate_hz
    kinds: dict[str, Signals] = {}
    for name, outlier in OUTLIERS.items():
        rows = [
            level
            * np.exp(rng.uniform(*np.log(LEVEL_RANGE)))
            * np.stack([outlier(rng, length, rate_hz) for _ in range(unseen.channels)])
            for _ in range(SIGNALS)
        ]
        kinds[name] = [cut_windows(signal.astype(np.float32), window) for signal in rows]
    return kinds


def examples(folder: Path, sample_rate_hz: float) -> Signals:
    """Return the .wav files of a folder as float32 [1, N] at a rate."""
    read = [soundfile.read(path, dtype="float32") for path in sorted(folder.glob("*.wav"))]
    return [resample(signal[None], rate_hz, sample_rate_hz) for signal, rate_hz in read]


def _clipped(windows: Float32Array, level_rms: float) -> Float32Array:
    limit = level_rms * windows.std()
    return np.clip(windows, -limit, limit)


def _share(engine: Engine, rule: NoveltyRule, signals: Signals) -> float:
    return float(np.mean([_is_novel(engine, rule, windows) for windows in signals]))


def _is_novel(engine: Engine, rule: NoveltyRule, windows: Float32Array) -> bool:
    rows = windows.transpose(1, 0, 2).reshape(windows.shape[1], -1)
    measured = novelty(engine.run(windows), rule)
    return any(is_clipped(row, *extremes(row)) for row in rows) or (measured is not None and measured > rule.threshold)
