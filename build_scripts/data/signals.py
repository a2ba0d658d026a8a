"""Labelled records of any number of channels: the form for data of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.npz import indices, one_rate, required, signals_of_floats, unique_names
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.windowing import cut_windows

ARRAYS = ("signals", "label", "class_names", "sample_rate")
NO_SEVERITY = "all"


@dataclass(frozen=True)
class SignalSet:
    """n labelled records of C channels, float32 [n, C, N] in the model's unit.

    label int64 [n] indexes class_names, severity int64 [n] indexes severity_names.
    """

    signals: Float32Array
    label: NDArray[np.int64]
    sample_rate_hz: float
    class_names: tuple[str, ...]
    severity: NDArray[np.int64]
    severity_names: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.signals)

    @property
    def channels(self) -> int:
        """Channels of every record."""
        return int(self.signals.shape[1])

    @property
    def shortest(self) -> int:
        """Samples of the shortest record: of every one."""
        return int(self.signals.shape[2])

    def windows(self, index: int, window: int) -> Float32Array:
        """Return record `index` as the server cuts it: float32 [B, C, window]."""
        return cut_windows(self.signals[index], window)

    def random_windows(self, chosen: NDArray[np.int64], window: int, rng: np.random.Generator) -> Float32Array:
        """Cut one window at a random place of each chosen record: float32 [len(chosen), C, window]."""
        starts = rng.integers(0, self.shortest - window + 1, len(chosen))
        pieces = [self.signals[index, :, start : start + window] for index, start in zip(chosen, starts, strict=True)]
        return np.stack(pieces)


def signals_of(path: Path, arrays: Mapping[str, NDArray[Any]]) -> SignalSet:
    """Return the records of a file's arrays: `signals` [n, C, N] or [n, N], and what they mean.

    Raises:
        DataError: an array is missing, or they do not fit together; a sample is NaN or infinite.
    """
    required(path, arrays, ARRAYS)
    signals = signals_of_floats(path, arrays["signals"])
    class_names = unique_names(path, "class_names", arrays["class_names"])
    severity = arrays.get("severity", np.zeros(len(signals), np.int64))
    severity_names = unique_names(path, "severity_names", arrays.get("severity_names", np.array([NO_SEVERITY])))
    return SignalSet(
        signals=signals,
        label=indices(path, "label", arrays["label"], class_names, len(signals)),
        sample_rate_hz=one_rate(path, "sample_rate", arrays["sample_rate"]),
        class_names=class_names,
        severity=indices(path, "severity", severity, severity_names, len(signals)),
        severity_names=severity_names,
    )
