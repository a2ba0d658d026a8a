"""Labelled records of any number of channels: the form for a user's own data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.npz import indices, one_rate, required, signals_of_floats, unique_names
from build_scripts.data.records import NO_SEVERITY
from build_scripts.errors import DataError
from functions.core.models.manifest import Condition
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.windowing import cut_windows

ARRAYS = ("signals", "label", "class_names", "sample_rate")


@dataclass(frozen=True)
class SignalSet:
    """n labelled records of C channels, float32 [n, C, N] in the model's unit.

    label int64 [n] indexes class_names, severity int64 [n] indexes severity_names; conditions of operation float32
    [n, K] have the names condition_names, None where there are none.
    """

    signals: Float32Array
    label: NDArray[np.int64]
    sample_rate_hz: float
    class_names: tuple[str, ...]
    severity: NDArray[np.int64]
    severity_names: tuple[str, ...]
    conditions: Float32Array | None = None
    condition_names: tuple[str, ...] = ()

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


def for_conditions(records: SignalSet, taken: Sequence[Condition], path: Path) -> SignalSet:
    """Return records with the conditions that a model takes, in its order; a default stands for those they lack.

    Raises:
        DataError: they lack one that has no default, or a value is outside its range.
    """
    columns = [_column(records, one, path) for one in taken]
    return replace(
        records,
        conditions=np.stack(columns, axis=1) if columns else None,
        condition_names=tuple(one.name for one in taken),
    )


def _column(records: SignalSet, condition: Condition, path: Path) -> Float32Array:
    name = condition.name
    if records.conditions is None or name not in records.condition_names:
        if condition.default is None:
            has = ", ".join(records.condition_names) or "none; they stand in the arrays conditions and condition_names"
            raise DataError(f"{path} lacks the condition {name!r}; it has {has}.")
        return np.full(len(records), condition.default, np.float32)
    values = records.conditions[:, records.condition_names.index(name)]
    outside = (values < np.float32(condition.minimum)) | (values > np.float32(condition.maximum))
    if outside.any():
        raise DataError(
            f"{path}: record {int(outside.argmax())} has {name} {float(values[outside][0]):.9g}; the recipe takes"
            f" {condition.minimum:.9g} to {condition.maximum:.9g} {condition.unit}."
        )
    return values


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
    conditions, condition_names = _conditions(path, arrays, len(signals))
    return SignalSet(
        signals=signals,
        label=indices(path, "label", arrays["label"], class_names, len(signals)),
        sample_rate_hz=one_rate(path, "sample_rate", arrays["sample_rate"]),
        class_names=class_names,
        severity=indices(path, "severity", severity, severity_names, len(signals)),
        severity_names=severity_names,
        conditions=conditions,
        condition_names=condition_names,
    )


def _conditions(
    path: Path, arrays: Mapping[str, NDArray[Any]], records: int
) -> tuple[Float32Array | None, tuple[str, ...]]:
    if "conditions" not in arrays:
        return None, ()
    values = arrays["conditions"]
    names = unique_names(path, "condition_names", arrays.get("condition_names", np.array([], str)))
    if values.shape != (records, len(names)):
        raise DataError(
            f"{path}: conditions has shape {list(values.shape)}; {records} records and {len(names)} condition_names"
            f" need [{records}, {len(names)}]."
        )
    if values.dtype.kind not in "iuf" or not np.isfinite(values.astype(np.float32)).all():
        raise DataError(f"{path}: conditions must be finite numbers, not {values.dtype} with others among them.")
    return values.astype(np.float32), names
