from pathlib import Path

import numpy as np
import pytest
import soundfile

from build_scripts.data.records import RecordSet
from build_scripts.data.simulate import SimulationConfig, simulate, wav_counts, write_examples
from build_scripts.data.simulation.classes import FAULT_CLASSES, SEVERITY_LEVELS
from build_scripts.errors import DataError


def test_classes_and_severities_are_balanced(records: RecordSet) -> None:
    cells = np.zeros((11, 4), int)
    np.add.at(cells, (records.label, records.severity), 1)
    assert (cells == 1).all()
    assert SimulationConfig(records_per_cell=1, seed=5).count == len(records)


def test_a_set_says_what_it_is(records: RecordSet) -> None:
    assert records.class_names == tuple(fault.id for fault in FAULT_CLASSES)
    assert records.severity_names == tuple(level.name for level in SEVERITY_LEVELS)
    assert (records.sample_rate_hz, records.scale_g) == (20480, 0.001)
    assert records.counts.shape == (44, 102400)
    assert ((records.rpm >= 3240) & (records.rpm <= 3960)).all()


def test_processes_do_not_change_the_records(records: RecordSet) -> None:
    parallel = simulate(SimulationConfig(records_per_cell=1, seed=5, workers=2))
    assert np.array_equal(parallel.counts, records.counts)


def test_another_seed_gives_other_records(records: RecordSet) -> None:
    other = simulate(SimulationConfig(records_per_cell=1, seed=6))
    assert not any(np.array_equal(first, second) for first, second in zip(records.counts, other.counts, strict=True))


@pytest.mark.parametrize(("records_per_cell", "workers"), [(0, 1), (1, 0)])
def test_empty_simulations_are_refused(records_per_cell: int, workers: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        simulate(SimulationConfig(records_per_cell, 0, workers))


def test_examples_are_one_recording_per_class_in_g(tmp_path: Path) -> None:
    paths = write_examples(tmp_path, seed=1)
    assert [path.stem for path in paths] == [fault.id for fault in FAULT_CLASSES]
    for path in paths:
        info = soundfile.info(path)
        assert (info.samplerate, info.frames, info.channels, info.subtype) == (20480, 102400, 1, "PCM_16")
    counts, _ = soundfile.read(paths[7], dtype="int16")
    # oil whirl at moderate severity: a line of several tenths of a g
    assert 0.3 < np.abs(counts / 8192).max() < 4.0


def test_a_recording_that_would_clip_is_refused() -> None:
    assert wav_counts(np.array([-4.0, 3.9998, 0.5])).tolist() == [-32768, 32766, 4096]
    with pytest.raises(DataError, match=r"4\.200 g"):
        wav_counts(np.array([0.0, 4.2]))
