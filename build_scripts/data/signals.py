"""Labelled records of any number of channels: the form for data of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from build_scripts.errors import DataError
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
    if missing := [name for name in ARRAYS if name not in arrays]:
        raise DataError(f"{path} lacks the arrays {', '.join(missing)}; it has {', '.join(arrays)}.")
    signals = arrays["signals"]
    if signals.ndim == 2:
        signals = signals[:, None]
    if signals.ndim != 3 or not np.issubdtype(signals.dtype, np.floating):
        shape = list(arrays["signals"].shape)
        raise DataError(f"{path}: signals must be floats [records, channels, samples], not {signals.dtype} {shape}.")
    label, severity = arrays["label"], arrays.get("severity", np.zeros(len(signals), np.int64))
    for name, values in (("label", label), ("severity", severity)):
        if values.shape != (len(signals),):
            raise DataError(f"{path}: {name} has shape {list(values.shape)} for {len(signals)} records.")
    bad = ~np.isfinite(signals).all(axis=(1, 2))
    if bad.any():
        raise DataError(f"{path}: {int(bad.sum())} of {len(bad)} records hold NaN or infinity, {bad.argmax()} first.")
    return SignalSet(
        signals=signals.astype(np.float32),
        label=_indices(path, "label", label, arrays["class_names"]),
        sample_rate_hz=float(arrays["sample_rate"].item()),
        class_names=tuple(str(name) for name in arrays["class_names"]),
        severity=_indices(path, "severity", severity, arrays.get("severity_names", np.array([NO_SEVERITY]))),
        severity_names=tuple(str(name) for name in arrays.get("severity_names", np.array([NO_SEVERITY]))),
    )


def _indices(path: Path, name: str, values: NDArray[Any], names: NDArray[Any]) -> NDArray[np.int64]:
    indices = values.astype(np.int64)
    outside = (indices < 0) | (indices >= len(names))
    if outside.any():
        raise DataError(f"{path}: {name} {indices[outside][0]} has no name among {len(names)}.")
    return indices
