"""Labelled recordings of a real machine: unequal lengths, several loads, one .npz file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from build_scripts.data.npz import indices, one_rate, read_arrays, required, unique_names
from build_scripts.data.records import NO_SEVERITY
from build_scripts.errors import DataError
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.windowing import cut_windows

COLOUR_TAPS = 15
ARRAYS = ("names", "label", "load_hp", "file_id", "classes", "fs")


@dataclass(frozen=True)
class Recordings:
    """n labelled recordings, each float32 [N] in g, of lengths of their own.

    label int64 [n] indexes class_names, load_hp int64 [n] is the motor load, file_id int64 [n] the source's
    number of the recording. Random windows are given white noise of at most `noise` times their RMS, and pass a
    filter of 15 random taps of standard deviation `colour` around 1: another load excites resonances otherwise.
    """

    signals: tuple[Float32Array, ...]
    label: NDArray[np.int64]
    load_hp: NDArray[np.int64]
    file_id: NDArray[np.int64]
    sample_rate_hz: float
    class_names: tuple[str, ...]
    noise: float = 0.0
    colour: float = 0.0

    def __len__(self) -> int:
        """Return the number of recordings."""
        return len(self.signals)

    @property
    def channels(self) -> int:
        """Channels of every recording."""
        return 1

    @property
    def severity(self) -> NDArray[np.int64]:
        """Severities are not distinguished: zeros int64 [n]."""
        return np.zeros(len(self), np.int64)

    @property
    def severity_names(self) -> tuple[str, ...]:
        """One name for all."""
        return (NO_SEVERITY,)

    @property
    def conditions(self) -> None:
        """No conditions of operation."""
        return None

    @property
    def shortest(self) -> int:
        """Samples of the shortest recording."""
        return min(len(signal) for signal in self.signals)

    def windows(self, index: int, window: int) -> Float32Array:
        """Return recording `index` as the server cuts it: float32 [B, 1, window] in g."""
        return cut_windows(self.signals[index][None], window)

    def random_windows(self, chosen: NDArray[np.int64], window: int, rng: np.random.Generator) -> Float32Array:
        """Cut one window in g at a random place of each chosen recording: float32 [len(chosen), 1, window].

        White noise hides the steps of the recorder, which differ by class and would give it away.
        """
        starts = [int(rng.integers(0, len(self.signals[index]) - window + 1)) for index in chosen]
        cut = [self.signals[index][start : start + window] for index, start in zip(chosen, starts, strict=True)]
        pieces = self._coloured(np.stack(cut), rng)
        level = pieces.std(axis=1, keepdims=True) * rng.uniform(0.0, self.noise, (len(chosen), 1))
        noisy: Float32Array = (pieces + level * rng.standard_normal(pieces.shape))[:, None].astype(np.float32)
        return noisy

    def _coloured(self, pieces: Float32Array, rng: np.random.Generator) -> Float32Array:
        taps = rng.normal(0.0, self.colour, (len(pieces), COLOUR_TAPS))
        taps[:, COLOUR_TAPS // 2] += 1.0
        coloured: Float32Array = fftconvolve(pieces, taps, mode="same", axes=1).astype(np.float32)
        return coloured if self.colour else pieces

    def subset(self, chosen: NDArray[np.bool_]) -> "Recordings":
        """Return the recordings that bool [n] chooses.

        Raises:
            DataError: it chooses none.
        """
        indices = np.flatnonzero(chosen)
        if not len(indices):
            raise DataError("No recording is left to choose from.")
        return self.rearranged([(int(index), self.signals[index]) for index in indices])

    def rearranged(self, pieces: Sequence[tuple[int, Float32Array]]) -> "Recordings":
        """Return recordings made of pieces float32 [N], each with the recording's index that it comes from."""
        origin = np.array([index for index, _ in pieces])
        return replace(
            self,
            signals=tuple(piece for _, piece in pieces),
            label=self.label[origin],
            load_hp=self.load_hp[origin],
            file_id=self.file_id[origin],
        )


def read_recordings(path: Path) -> Recordings:
    """Read a file of the form of data/cwru: `names`, `label`, and an array `sig_NAME` in g for each.

    Raises:
        DataError: the file is no .npz, lacks an array, or its arrays do not fit together.
    """
    return recordings_of(path, read_arrays(path))


def recordings_of(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Recordings:
    """Return the recordings of a file's arrays.

    Raises:
        DataError: an array is missing, or they do not fit together.
    """
    required(path, arrays, (*ARRAYS, *(f"sig_{name}" for name in arrays.get("names", ()))))
    return _checked(path, arrays)


def joined(parts: Sequence[Recordings]) -> Recordings:
    """Return the recordings of several files as one.

    Raises:
        DataError: there is no file, or the files differ in classes or sample rate.
    """
    if len({(part.sample_rate_hz, part.class_names) for part in parts}) != 1:
        raise DataError(f"{len(parts)} files of recordings do not have the same classes and sample rate.")
    return Recordings(
        tuple(signal for part in parts for signal in part.signals),
        np.concatenate([part.label for part in parts]),
        np.concatenate([part.load_hp for part in parts]),
        np.concatenate([part.file_id for part in parts]),
        parts[0].sample_rate_hz,
        parts[0].class_names,
    )


def _checked(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Recordings:
    count, class_names = len(arrays["names"]), unique_names(path, "classes", arrays["classes"])
    return Recordings(
        signals=tuple(signal_of(path, f"sig_{name}", arrays[f"sig_{name}"]) for name in arrays["names"]),
        label=indices(path, "label", arrays["label"], class_names, count),
        load_hp=_whole_numbers(path, "load_hp", arrays["load_hp"], count),
        file_id=_whole_numbers(path, "file_id", arrays["file_id"], count),
        sample_rate_hz=one_rate(path, "fs", arrays["fs"]),
        class_names=class_names,
    )


def signal_of(path: Path, name: str, values: NDArray[Any]) -> Float32Array:
    """Return the signal in an array of a file, float32 [N].

    Raises:
        DataError: it is not one row of numbers, or holds NaN, infinity or more than float32 can.
    """
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise DataError(
            f"{path}: {name} is {values.dtype} {list(values.shape)}; a signal is one row of numbers, [samples]."
        )
    with np.errstate(over="ignore"):
        signal: Float32Array = values.astype(np.float32)
    if not np.isfinite(signal).all():
        place = int(np.isfinite(signal).argmin())
        raise DataError(f"{path}: {name} holds NaN or infinity, first at sample {place}: leave it out, or repair it.")
    return signal


def _whole_numbers(path: Path, name: str, values: NDArray[Any], count: int) -> NDArray[np.int64]:
    if values.shape != (count,) or values.dtype.kind not in "iu":
        raise DataError(
            f"{path}: {name} is {values.dtype} {list(values.shape)}; {count} recordings need whole numbers [{count}]."
        )
    return values.astype(np.int64)
