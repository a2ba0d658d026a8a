"""The step that simulates: a balanced, labelled set of records, or example recordings as WAV files."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from build_scripts.data.progress import Progress
from build_scripts.data.records import RecordSet
from build_scripts.data.simulation.classes import ADC_STEP_G, FAULT_CLASSES, SAMPLE_RATE_HZ, SEVERITY_LEVELS
from build_scripts.data.simulation.record import SimulatedRecord, simulate_record
from build_scripts.data.simulation.setup import RATED, Setups
from build_scripts.errors import DataError

WAV_COUNTS_PER_G = 8192
MODERATE = 2


@dataclass(frozen=True)
class SimulationConfig:
    """Settings of a simulation: records of each class and severity, seed, number of processes, and machines."""

    records_per_cell: int
    seed: int
    workers: int = 1
    setups: Setups = RATED

    @property
    def count(self) -> int:
        """Records of all classes and severities."""
        return self.records_per_cell * len(FAULT_CLASSES) * len(SEVERITY_LEVELS)


def simulate(config: SimulationConfig, chosen: Sequence[int] | None = None) -> RecordSet:
    """Simulate `records_per_cell` records of each of 11 classes and 4 severities, or only those chosen by index.

    The same seed gives the same records, whatever the number of processes and whichever others are made.

    Raises:
        ValueError: fewer than one record per cell or one worker.
    """
    if config.records_per_cell < 1 or config.workers < 1:
        raise ValueError(f"records_per_cell and workers must be at least 1, got {config}.")
    cells = list(product(range(len(FAULT_CLASSES)), range(len(SEVERITY_LEVELS)), range(config.records_per_cell)))
    tasks = [((config.seed, *cell), cell[0], cell[1], config.setups) for cell in cells]
    wanted = tasks if chosen is None else [tasks[index] for index in chosen]
    return _as_set(_simulate_all(wanted, config.workers))


Task = tuple[tuple[int, ...], int, int, Setups]


def _simulate_one(task: Task) -> SimulatedRecord:
    entropy, label, severity, setups = task
    return simulate_record(np.random.SeedSequence(entropy), label, severity, setups)


def _simulate_all(tasks: Sequence[Task], workers: int) -> list[SimulatedRecord]:
    if workers == 1:
        return _with_progress(map(_simulate_one, tasks), len(tasks))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return _with_progress(pool.map(_simulate_one, tasks, chunksize=8), len(tasks))


def _with_progress(records: Iterable[SimulatedRecord], total: int) -> list[SimulatedRecord]:
    return list(Progress(records, "simulate", "record", total=total))


def _as_set(records: list[SimulatedRecord]) -> RecordSet:
    return RecordSet(
        counts=np.stack([record.counts for record in records]),
        scale_g=ADC_STEP_G,
        label=np.array([record.label for record in records], np.int64),
        severity=np.array([record.severity for record in records], np.int64),
        rpm=np.array([60.0 * record.shaft_hz for record in records], np.float32),
        sample_rate_hz=SAMPLE_RATE_HZ,
        class_names=tuple(fault.id for fault in FAULT_CLASSES),
        severity_names=tuple(level.name for level in SEVERITY_LEVELS),
    )


def write_examples(directory: Path, seed: int) -> list[Path]:
    """Write one five-second recording per class at moderate severity: mono 16-bit PCM, full scale 4 g.

    Raises:
        DataError: a recording does not fit into 4 g.
    """
    directory.mkdir(parents=True, exist_ok=True)
    return [_write_example(directory, seed, label) for label in range(len(FAULT_CLASSES))]


def _write_example(directory: Path, seed: int, label: int) -> Path:
    record = simulate_record(np.random.SeedSequence((seed, label)), label, MODERATE)
    path = directory / f"{FAULT_CLASSES[label].id}.wav"
    soundfile.write(path, wav_counts(record.counts.astype(np.float64) * ADC_STEP_G), SAMPLE_RATE_HZ, subtype="PCM_16")
    return path


def wav_counts(samples_g: NDArray[np.float64]) -> NDArray[np.int16]:
    """Turn samples in g, float64 [N], into 16-bit counts of 1/8192 g.

    Raises:
        DataError: a sample is outside 4 g and would clip.
    """
    counts = np.rint(samples_g * WAV_COUNTS_PER_G)
    limits = np.iinfo(np.int16)
    if counts.min() < limits.min or counts.max() > limits.max:
        raise DataError(f"A sample of {np.abs(samples_g).max():.3f} g does not fit into the 4 g of a recording.")
    return counts.astype(np.int16)
