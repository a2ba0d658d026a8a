"""Windows of bearings as the features of their lines: simulated ones, and those of recordings of a known bearing."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.progress import Progress
from build_scripts.data.records import NO_SEVERITY
from build_scripts.data.simulation.rolling import ELEMENT, INNER, NORMAL, OUTER, TRAINED, Kinds, simulated_window
from functions.core.bearings.features import FAULTS, LAYERS, LENGTH, PER_BAND, SCORE, fault_line_features
from functions.core.preprocessing.arrays import Float32Array

CLASSES = (
    ("normal", "Normal"),
    ("outer_race", "Outer race fault"),
    ("inner_race", "Inner race fault"),
    ("rolling_element", "Rolling element fault"),
)
# Of ten simulated windows: most machines have no fault.
_LABELS = (NORMAL, NORMAL, NORMAL, NORMAL, OUTER, OUTER, INNER, INNER, ELEMENT, ELEMENT)
_CHUNK = 50
# Mean level of the lines of a fault, in nepers; half of the windows without a fault have one of 0.9 somewhere. With the
# windows below it, whose lines nobody could see, the network calls noise a fault.
_VISIBLE = 1.05


@dataclass(frozen=True)
class LineRecords:
    """n records of bearings, each of windows that follow one another.

    features: float32 [B, 3, 184] of each record; conditions float32 [n, 5]; label int64 [n] indexes class_names.
    """

    features: Sequence[Float32Array]
    conditions: Float32Array
    label: NDArray[np.int64]
    sample_rate_hz: float
    severity_names: tuple[str, ...] = (NO_SEVERITY,)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.features)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Ids of the classes, in label order."""
        return tuple(identifier for identifier, _ in CLASSES)

    @property
    def channels(self) -> int:
        """Rows of the features of a window: one for each fault."""
        return FAULTS

    @property
    def shortest(self) -> int:
        """Features of a row, which stand in the place of samples."""
        return LENGTH

    @property
    def severity(self) -> NDArray[np.int64]:
        """Severities are not distinguished: zeros int64 [n]."""
        return np.zeros(len(self), np.int64)

    def windows(self, index: int, window: int) -> Float32Array:
        """Return the features of record `index`, float32 [B, 3, 184]."""
        return self.features[index]

    def random_windows(self, chosen: NDArray[np.int64], window: int, rng: np.random.Generator) -> Float32Array:
        """Return the features of one window of each chosen record: float32 [len(chosen), 3, 184]."""
        return np.stack([rng.choice(self.features[index]) for index in chosen])

    def with_visible_lines(self) -> "LineRecords":
        """Return the records of no fault, and of those whose own lines stand out in some band of the first window."""
        pairs = zip(self.features, self.label.tolist(), strict=True)
        return self.part([index for index, (one, label) in enumerate(pairs) if is_visible(one[0], label)])

    def part(self, chosen: Sequence[int]) -> "LineRecords":
        """Return some of the records."""
        kept = list(chosen)
        return replace(
            self,
            features=[self.features[index] for index in kept],
            conditions=self.conditions[kept],
            label=self.label[kept],
        )

    def joined(self, other: "LineRecords") -> "LineRecords":
        """Return these records and others behind them."""
        return LineRecords(
            [*self.features, *other.features],
            np.concatenate([self.conditions, other.conditions]),
            np.concatenate([self.label, other.label]),
            self.sample_rate_hz,
        )


def is_visible(features: Float32Array, label: int) -> bool:
    """Return whether a window's features float32 [3, 184] show the lines of its fault in some band, or it has none."""
    levels = features[label - 1].reshape(LAYERS, PER_BAND)[:, SCORE]
    return label == NORMAL or bool(levels.max() > _VISIBLE)


@dataclass(frozen=True)
class LineSimulation:
    """Simulated records of one window each, of machines of some kinds; the same seed gives the same records."""

    seed: int
    count: int
    kinds: Kinds = TRAINED

    def records(self, folder: Path, workers: int, sample_rate_hz: float) -> LineRecords:
        """Return the records from a file of the folder, simulating them first where it is missing.

        Args:
            folder: of work files.
            workers: processes that simulate.
            sample_rate_hz: the rate that the records state; their features do not depend on it.
        """
        path = folder / f"lines-{self.seed}-{self.count}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part.npz")
            np.savez(part, **self._simulated(workers))  # type: ignore[arg-type]
            part.replace(path)
        with np.load(path) as arrays:
            return LineRecords(list(arrays["features"][:, None]), arrays["conditions"], arrays["label"], sample_rate_hz)

    def _simulated(self, workers: int) -> dict[str, NDArray[np.generic]]:
        if workers == 1:
            found = list(map(self._one, Progress(range(self.count), f"simulate {self.seed}", "window")))
        else:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                made = pool.map(self._one, range(self.count), chunksize=_CHUNK)
                found = list(Progress(made, f"simulate {self.seed}", "window", total=self.count))
        features, conditions, label = zip(*found, strict=True)
        return {"features": np.stack(features), "conditions": np.stack(conditions), "label": np.array(label, np.int64)}

    def _one(self, index: int) -> tuple[Float32Array, Float32Array, int]:
        rng = np.random.default_rng((self.seed, index))
        window = simulated_window(rng, _LABELS[index % len(_LABELS)], self.kinds)
        return fault_line_features(window.samples[None], window.conditions[None])[0], window.conditions, window.label
