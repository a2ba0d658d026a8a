from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.rig_bearings import DRIVE_END, FAN_END, lines_of, read_rig
from build_scripts.data.simulation.rolling import ELEMENT, INNER, NORMAL, OUTER
from build_scripts.errors import DataError
from functions.core.bearings.features import LENGTH
from tests.support.bearings import RATE_HZ, impacts, noise

RPM = 1_800.0


def write(path: Path, names: list[str], kinds: list[str], rpm: float = RPM, seconds: float = 4.0) -> Path:
    """Recordings whose impacts repeat at BPFO of the drive end."""
    samples = impacts(seconds, DRIVE_END.bpfo * RPM / 60) + noise(seconds)
    np.savez(
        path,
        names=np.array(names),
        label_name=np.array(kinds),
        rpm=np.full(len(names), rpm),
        load_hp=np.arange(len(names)),
        fs=np.int64(RATE_HZ),
        **{f"sig_{name}": samples for name in names},  # type: ignore[arg-type]
    )
    return path


def test_the_drive_end_names_no_position(tmp_path: Path) -> None:
    names = ["IR007_load0", "B014_load1", "OR021_load2", "Normal_load3", "OR014_load0"]
    found = read_rig(write(tmp_path / "de.npz", names, ["IR007", "B014", "OR021", "Normal", "OR014"]))
    assert [one.label for one in found] == [INNER, ELEMENT, OUTER, NORMAL, OUTER]
    assert [one.size for one in found] == ["007", "014", "021", "", "014"]
    assert [one.has_line for one in found] == [True, False, True, True, False]
    assert [one.load_hp for one in found] == [0, 1, 2, 3, 4]
    assert {one.orders for one in found} == {DRIVE_END}
    np.testing.assert_allclose(found[0].conditions, [1800, 3.5848, 5.4152, 2.35675, 0.39828], rtol=1e-6)


def test_the_fan_end_names_positions_and_opposite_the_load_there_is_no_line(tmp_path: Path) -> None:
    names = ["OR007at6_load0", "OR007at12_load0", "B007_load1", "IR021_load1"]
    found = read_rig(write(tmp_path / "fe.npz", names, ["OR007at6", "OR007at12", "B007", "IR021"]))
    assert [one.has_line for one in found] == [True, False, False, True]
    assert [one.size for one in found] == ["007", "007", "007", "021"]
    assert {one.orders for one in found} == {FAN_END}


def test_a_kind_that_is_no_fault_of_the_rig_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'XY007' is no fault of this rig"):
        read_rig(write(tmp_path / "x.npz", ["XY007_load0"], ["XY007"]))


def test_windows_are_cut_as_the_server_cuts_them_or_every_step(tmp_path: Path) -> None:
    found = read_rig(write(tmp_path / "de.npz", ["OR007_load0", "OR021_load0"], ["OR007", "OR021"]))
    assert found[0].features().shape == (2, 3, LENGTH)
    records = lines_of(found, step_s=0.5)
    assert [one.shape for one in records.features] == [(5, 3, LENGTH), (5, 3, LENGTH)]
    assert records.label.tolist() == [OUTER, OUTER]
    assert records.sample_rate_hz == RATE_HZ
    with pytest.raises(DataError, match="No recording is left"):
        lines_of([])


def test_evidence_is_read_at_the_rigs_own_orders(tmp_path: Path) -> None:
    found = read_rig(write(tmp_path / "de.npz", ["OR007_load0"], ["OR007"]))
    assert found[0].evidence().supported == ["outer_race"]
