"""Signals a model should call novel, and how many of them it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from build_scripts.calibrate import record_novelty
from build_scripts.outputs import RecordOutputs
from build_scripts.records import LabelledRecords
from functions.core.arrays import Float32Array
from functions.core.engine import Engine
from functions.core.manifest import NoveltyRule
from functions.core.resampling import resample
from functions.core.windowing import cut_windows

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "examples"
SIGNALS, WINDOWS = 60, 3
LOWEST_HZ, HIGHEST_SHARE = 20.0, 0.49
CLIPPED_AT_RMS = (0.5, 1.0)

Signals = list[Float32Array]


def novel_shares(
    engine: Engine, rule: NoveltyRule, records: LabelledRecords, window: int, examples: Path = EXAMPLES
) -> dict[str, float]:
    """Return the share of signals called novel, by kind: noise, sines, another machine, and records clipped.

    Args:
        records: recordings the model has not seen; they are clipped at one half and at once their RMS.
        examples: folder of .wav files of another machine.
    """
    kinds = synthetic(window, records.sample_rate_hz) | {"another machine": _another_machine(records, window, examples)}
    kinds |= {f"clipped at {level:g} rms": _clipped(records, window, level) for level in CLIPPED_AT_RMS}
    return {name: _share(engine, rule, signals) for name, signals in kinds.items() if signals}


def synthetic(window: int, sample_rate_hz: float) -> dict[str, Signals]:
    """Return white noise and sines of 20 Hz to nearly half the rate, each signal float32 [3, 1, window]."""
    rng = np.random.default_rng(0)
    time_s = np.arange(WINDOWS * window) / sample_rate_hz
    frequencies_hz = rng.uniform(LOWEST_HZ, HIGHEST_SHARE * sample_rate_hz, SIGNALS)
    noises = [rng.standard_normal(len(time_s)) for _ in range(SIGNALS)]
    sines = [np.sin(2 * np.pi * frequency * time_s) for frequency in frequencies_hz]
    return {
        name: [cut_windows(signal.astype(np.float32)[None], window) for signal in signals]
        for name, signals in (("white noise", noises), ("sine", sines))
    }


def _another_machine(records: LabelledRecords, window: int, examples: Path) -> Signals:
    read = [soundfile.read(path, dtype="float32") for path in sorted(examples.glob("*.wav"))]
    return [cut_windows(resample(signal[None], rate_hz, records.sample_rate_hz), window) for signal, rate_hz in read]


def _clipped(records: LabelledRecords, window: int, level_rms: float) -> Signals:
    whole = [records.windows(index, window) for index in range(len(records))]
    return [np.clip(windows, -level_rms * windows.std(), level_rms * windows.std()) for windows in whole]


def _share(engine: Engine, rule: NoveltyRule, signals: Signals) -> float:
    outputs = RecordOutputs(tuple(engine.run(windows) for windows in signals), np.zeros(len(signals), np.int64))
    return float((record_novelty(outputs, rule) > rule.threshold).mean())
