"""Labelled records on disk: one .npz of int16 counts with a scale, labels and names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.npz import indices, one_rate, read_arrays, required, unique_names
from build_scripts.errors import DataError
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.windowing import cut_windows

# The one severity of records whose severities are not distinguished.
NO_SEVERITY = "all"
ARRAYS = ("q", "scale", "label", "severity", "rpm", "sample_rate", "class_names", "severity_names")


class LabelledRecords(Protocol):
    """The interface of a labelled data set, as training, calibration and evaluation use it."""

    @property
    def label(self) -> NDArray[np.int64]:
        """Labels int64 [n], indices into class_names."""

    @property
    def sample_rate_hz(self) -> float:
        """Samples per second of every record."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names or ids of the classes, in label order."""

    @property
    def channels(self) -> int:
        """Channels C of every record."""

    @property
    def shortest(self) -> int:
        """Samples of the shortest record."""

    @property
    def severity(self) -> NDArray[np.int64]:
        """Severity int64 [n] of each record, indices into severity_names."""

    @property
    def severity_names(self) -> tuple[str, ...]:
        """Names of the severities; one where they are not distinguished."""

    @property
    def conditions(self) -> Float32Array | None:
        """Conditions of operation float32 [n, K] of each record, in the model's order; None where it takes none."""

    def __len__(self) -> int:
        """Return the number of records."""

    def windows(self, index: int, window: int) -> Float32Array:
        """Return record `index` as the server cuts it: float32 [B, C, window]."""

    def random_windows(self, chosen: NDArray[np.int64], window: int, rng: np.random.Generator) -> Float32Array:
        """Cut one window at a random place of each chosen record: float32 [len(chosen), C, window]."""


@dataclass(frozen=True)
class RecordSet:
    """n labelled records of N samples.

    counts int16 [n, N], a sample is `counts * scale_g` in g; label int64 [n] indexes class_names,
    severity int64 [n] indexes severity_names, rpm float32 [n].
    """

    counts: NDArray[np.int16]
    scale_g: float
    label: NDArray[np.int64]
    severity: NDArray[np.int64]
    rpm: NDArray[np.float32]
    sample_rate_hz: float
    class_names: tuple[str, ...]
    severity_names: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.counts)

    @property
    def channels(self) -> int:
        """Channels of every record."""
        return 1

    @property
    def conditions(self) -> None:
        """No conditions of operation."""
        return None

    @property
    def shortest(self) -> int:
        """Samples of the shortest record: of every one."""
        return int(self.counts.shape[1])

    def of_classes(self, names: Sequence[str]) -> "RecordSet":
        """Return the records of some classes."""
        chosen = np.isin(self.label, [self.class_names.index(name) for name in names])
        arrays = {name: getattr(self, name)[chosen] for name in ("counts", "label", "severity", "rpm")}
        return replace(self, **arrays)

    def record(self, index: int) -> Float32Array:
        """Return record `index` as float32 [1, N] in g."""
        samples: Float32Array = self.counts[index][None].astype(np.float32) * np.float32(self.scale_g)
        return samples

    def windows(self, index: int, window: int) -> Float32Array:
        """Return record `index` as the server cuts it: float32 [B, 1, window] in g."""
        return cut_windows(self.record(index), window)

    def random_windows(self, chosen: NDArray[np.int64], window: int, rng: np.random.Generator) -> Float32Array:
        """Cut one window in g at a random place of each chosen record: float32 [len(chosen), 1, window]."""
        starts = rng.integers(0, self.counts.shape[1] - window + 1, len(chosen))
        pieces = [self.counts[index, start : start + window] for index, start in zip(chosen, starts, strict=True)]
        return np.stack(pieces)[:, None].astype(np.float32) * np.float32(self.scale_g)


def read_records(path: Path) -> RecordSet:
    """Read a file of the form of data/journal-bearing.

    Raises:
        DataError: the file is no .npz, lacks an array, or its arrays do not fit together.
    """
    return records_of(path, read_arrays(path))


def records_of(path: Path, arrays: Mapping[str, NDArray[Any]]) -> RecordSet:
    """Return the records of a file's arrays.

    Raises:
        DataError: an array is missing, or they do not fit together.
    """
    required(path, arrays, ARRAYS)
    return _checked(path, arrays)


def write_records(records: RecordSet, path: Path) -> Path:
    """Write records to an .npz file, not compressed, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = {"class_names": np.array(records.class_names), "severity_names": np.array(records.severity_names)}
    scalars = {"scale": np.float32(records.scale_g), "sample_rate": np.float32(records.sample_rate_hz)}
    per_record = {"label": records.label, "severity": records.severity, "rpm": records.rpm}
    with path.open("wb") as file:
        np.savez(file, q=records.counts, **scalars, **per_record, **names)  # type: ignore[arg-type]
    return path


def require_fitting(records: LabelledRecords, classes: int, sample_rate_hz: float, window: int) -> None:
    """Check that records are of a model's kind: as many classes, the same rate, a whole window of `window` samples.

    Raises:
        DataError: they are not.
    """
    if len(records.class_names) != classes:
        raise DataError(f"The data has {len(records.class_names)} classes, the model {classes}.")
    if records.sample_rate_hz != sample_rate_hz:
        raise DataError(f"The data has {records.sample_rate_hz:g} samples/s, the model needs {sample_rate_hz:g}.")
    if records.shortest < window:
        raise DataError(f"A record has {records.shortest} samples, a window {window}.")


def _checked(path: Path, arrays: Mapping[str, NDArray[Any]]) -> RecordSet:
    counts = arrays["q"]
    if counts.ndim != 2 or counts.dtype != np.int16:
        raise DataError(f"{path}: q must be int16 [records, samples], not {counts.dtype} {list(counts.shape)}.")
    if arrays["rpm"].shape != (len(counts),) or arrays["rpm"].dtype.kind not in "iuf":
        kind, shape = arrays["rpm"].dtype, list(arrays["rpm"].shape)
        raise DataError(f"{path}: rpm is {kind} {shape}; {len(counts)} records need numbers [{len(counts)}].")
    if arrays["scale"].size != 1 or arrays["scale"].dtype.kind not in "iuf":
        raise DataError(f"{path}: scale must be one number, the g of a count, not {list(arrays['scale'].shape)}.")
    names = {name: unique_names(path, name, arrays[name]) for name in ("class_names", "severity_names")}
    return RecordSet(
        counts=counts.astype(np.int16),
        scale_g=float(arrays["scale"].item()),
        label=indices(path, "label", arrays["label"], names["class_names"], len(counts)),
        severity=indices(path, "severity", arrays["severity"], names["severity_names"], len(counts)),
        rpm=arrays["rpm"].astype(np.float32),
        sample_rate_hz=one_rate(path, "sample_rate", arrays["sample_rate"]),
        **names,
    )
