"""Records with white noise added: how a model degrades."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.records import LabelledRecords
from functions.core.preprocessing.arrays import Float32Array

SNR_DB = (20, 10, 5)


@dataclass(frozen=True)
class NoisyRecords:
    """Records with white noise of `snr_db` below the power of each channel's variation; the same noise every time."""

    records: LabelledRecords
    snr_db: float
    seed: int = 0

    @property
    def label(self) -> NDArray[np.int64]:
        """Labels int64 [n]."""
        return self.records.label

    @property
    def sample_rate_hz(self) -> float:
        """Samples per second of every record."""
        return self.records.sample_rate_hz

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names or ids of the classes, in label order."""
        return self.records.class_names

    @property
    def channels(self) -> int:
        """Channels of every record."""
        return self.records.channels

    @property
    def severity(self) -> NDArray[np.int64]:
        """Severity int64 [n] of each record."""
        return self.records.severity

    @property
    def severity_names(self) -> tuple[str, ...]:
        """Names of the severities."""
        return self.records.severity_names

    @property
    def conditions(self) -> Float32Array | None:
        """Conditions of operation float32 [n, K] of each record."""
        return self.records.conditions

    @property
    def shortest(self) -> int:
        """Samples of the shortest record."""
        return self.records.shortest

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.records)

    def windows(self, index: int, window: int) -> Float32Array:
        """Return record `index` as the server cuts it, with noise: float32 [B, C, window]."""
        return self._noisy(self.records.windows(index, window), np.random.default_rng((self.seed, index)))

    def random_windows(self, chosen: NDArray[np.int64], window: int, rng: np.random.Generator) -> Float32Array:
        """Cut one window at a random place of each chosen record, with noise: float32 [len(chosen), C, window]."""
        return self._noisy(self.records.random_windows(chosen, window, rng), rng)

    def _noisy(self, windows: Float32Array, rng: np.random.Generator) -> Float32Array:
        sigma = windows.std(axis=(0, 2), keepdims=True) * 10 ** (-self.snr_db / 20)
        noisy: Float32Array = (windows + sigma * rng.standard_normal(windows.shape)).astype(np.float32)
        return noisy
