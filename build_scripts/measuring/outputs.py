"""The outputs of a model on whole records, cut into windows as the server cuts them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.progress import Progress
from build_scripts.data.records import LabelledRecords
from build_scripts.networks.conditions import rows_of
from functions.core.models.diagnosis import softmax
from functions.core.models.engine import Engine, EngineOutput
from functions.core.preprocessing.arrays import Float32Array, Float64Array


@dataclass(frozen=True)
class RecordOutputs:
    """One EngineOutput per record, with the records' labels int64 [n]."""

    outputs: tuple[EngineOutput, ...]
    label: NDArray[np.int64]

    @property
    def window_logits(self) -> Float32Array:
        """Logits of all windows, float32 [W, K]."""
        return np.concatenate([output.logits for output in self.outputs])

    @property
    def window_label(self) -> NDArray[np.int64]:
        """The record's label for each window, int64 [W]."""
        return np.repeat(self.label, [len(output.logits) for output in self.outputs])

    @property
    def measures_distance(self) -> bool:
        """Whether the model gives a distance."""
        return all(output.distance is not None for output in self.outputs)

    @property
    def distances(self) -> list[Float32Array]:
        """Distances float32 [B] of each record.

        Raises:
            ValueError: the model measures none.
        """
        if not self.measures_distance:
            raise ValueError("The model has no output named distance.")
        return [output.distance for output in self.outputs if output.distance is not None]

    def probabilities(self, temperature: float) -> list[Float64Array]:
        """Calibrated window probabilities float64 [B, K] of each record."""
        return [softmax(output.logits, temperature) for output in self.outputs]

    @property
    def window_accuracy(self) -> float:
        """Share of windows whose most probable class is their record's."""
        return float((self.window_logits.argmax(axis=1) == self.window_label).mean())


def run_records(engine: Engine, records: LabelledRecords, window: int, name: str = "run") -> RecordOutputs:
    """Run every record through an engine, its conditions of operation beside each of its windows."""
    indices = Progress(range(len(records)), name, "record")
    return RecordOutputs(tuple(run_record(engine, records, index, window) for index in indices), records.label)


def run_record(engine: Engine, records: LabelledRecords, index: int, window: int) -> EngineOutput:
    """Run one record through an engine."""
    windows = records.windows(index, window)
    conditions = records.conditions
    return engine.run(windows, None if conditions is None else rows_of(conditions[index], len(windows)))


def agreement(first: RecordOutputs, second: RecordOutputs) -> float:
    """Share of windows on which two models name the same class."""
    return float((first.window_logits.argmax(axis=1) == second.window_logits.argmax(axis=1)).mean())
