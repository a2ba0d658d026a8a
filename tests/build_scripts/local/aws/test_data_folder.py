"""One server for each data folder."""

import subprocess
from pathlib import Path

import pytest

from build_scripts.local.aws.data_folder import DataFolderError, held


def test_it_is_made_for_its_owner_and_held_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    with held(folder):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "lock").stat().st_mode & 0o077 == 0
        with (
            pytest.raises(
                DataFolderError, match=rf"^another server uses {folder}: end it, or choose another --data-dir"
            ),
            held(folder),
        ):
            pass
    with held(folder):
        pass


def test_a_child_does_not_hold_it(tmp_path: Path) -> None:
    with held(tmp_path):
        child = subprocess.Popen(["sleep", "600"], close_fds=False)
    try:
        with held(tmp_path):
            assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match=r"^cannot write .*/file/data/lock: "), held(tmp_path / "file" / "data"):
        pass
