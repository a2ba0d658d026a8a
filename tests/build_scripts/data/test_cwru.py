from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from build_scripts.data.cwru import CLASSES, FILES, read_folder, read_mat_recording
from build_scripts.errors import DataError
from tests.build_scripts.conftest import SHARED
from tests.build_scripts.data.test_recordings import content, saved


def tone(rate_hz: int, seconds: float = 0.5, frequency_hz: float = 360.0) -> NDArray[np.float64]:
    """A machine line in g, as a column: the form of the university's files."""
    return 0.1 * np.sin(2 * np.pi * frequency_hz * np.arange(int(rate_hz * seconds)) / rate_hz)[:, None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    savemat(tmp_path / "97.mat", {"X097_DE_time": tone(48000), "X097_FE_time": tone(48000, frequency_hz=50)})
    savemat(tmp_path / "99.mat", {"X098_DE_time": tone(48000, frequency_hz=50), "X099_DE_time": tone(48000)})
    savemat(tmp_path / "105.mat", {"X105_DE_time": tone(12000), "X105RPM": 1797})
    savemat(tmp_path / "237.mat", {"X237_DE_time": tone(12000)})
    savemat(tmp_path / "300.mat", {"X300_DE_time": tone(12000)})
    (tmp_path / "notes.mat").write_text("not numbered")
    return tmp_path


def test_the_table_of_files_is_the_publishers() -> None:
    assert len(FILES) == 40
    assert FILES[97] == (0, 0)
    assert FILES[171] == (2, 2)
    assert FILES[237] == (9, 3)
    assert [identifier for identifier, _ in CLASSES][FILES[188][0]] == "ball_014"


def test_a_folder_of_mat_files_is_read_by_number(folder: Path) -> None:
    recordings = read_folder(folder)
    assert recordings.file_id.tolist() == [97, 99, 105, 237]
    assert recordings.label.tolist() == [0, 0, 1, 9]
    assert recordings.load_hp.tolist() == [0, 2, 0, 3]
    assert recordings.sample_rate_hz == 12000
    assert recordings.class_names == tuple(identifier for identifier, _ in CLASSES)
    assert {signal.dtype for signal in recordings.signals} == {np.dtype(np.float32)}


def test_normal_recordings_are_brought_from_48_to_12_khz(folder: Path) -> None:
    normal, _, fault, _ = read_folder(folder).signals
    assert len(normal) == len(fault) == 6000
    np.testing.assert_allclose(normal[200:-200], fault[200:-200], atol=1e-3)


def test_the_number_decides_between_the_signals_of_a_file(folder: Path) -> None:
    normal_97, normal_99, _, _ = read_folder(folder).signals
    assert np.array_equal(normal_97, normal_99)


def test_archives_come_before_mat_files(folder: Path) -> None:
    saved(folder / "recordings.npz", content())
    assert read_folder(folder).file_id.tolist() == [105, 98]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"neither \.npz files nor \.mat files"):
        read_folder(tmp_path)


def test_files_of_another_form_are_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="has no variable X106_DE_time"):
        read_mat_recording(folder / "105.mat", 106)
    with pytest.raises(DataError, match="not a readable MATLAB file"):
        read_mat_recording(folder / "notes.mat", 97)


def test_both_forms_of_a_recording_are_equal(tmp_path: Path) -> None:
    sample = SHARED / "data" / "samples" / "170.mat"
    if not sample.exists():
        pytest.skip(f"the original recording is not on this machine: {sample}")
    recordings = read_folder(SHARED / "data" / "cwru")
    (index,) = np.flatnonzero(recordings.file_id == 170)
    np.testing.assert_allclose(read_mat_recording(sample, 170), recordings.signals[index], atol=1e-6)
