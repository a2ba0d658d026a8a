"""Both versions of control groups, on a folder that looks like theirs; the sandbox uses the real ones."""

import os
from pathlib import Path

import pytest

from build_scripts.local.lambda_sandbox.groups import ControlGroups


@pytest.fixture
def unified(tmp_path: Path) -> ControlGroups:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    return ControlGroups("box", tmp_path)


@pytest.fixture
def separate(tmp_path: Path) -> ControlGroups:
    for controller in ("memory", "cpu"):
        (tmp_path / controller).mkdir()
        (tmp_path / controller / "tasks").write_text("")
    return ControlGroups("box", tmp_path)


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_version_2_limits_one_group(unified: ControlGroups, tmp_path: Path) -> None:
    assert unified.missing() is None
    unified.make(512, 0.25)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory +cpu"
    assert files(tmp_path / "box") == {"memory.max": str(512 * 2**20), "cpu.max": "25000 100000"}
    (tmp_path / "box" / "memory.peak").write_text(f"{64 * 2**20}\n")
    assert unified.peak_mb() == 64
    unified.enter()
    assert files(tmp_path / "box")["cgroup.procs"] == str(os.getpid())


def test_version_1_limits_a_group_of_each(separate: ControlGroups, tmp_path: Path) -> None:
    assert separate.missing() is None
    separate.make(512, 2.0)
    assert files(tmp_path / "memory" / "box") == {"memory.limit_in_bytes": str(512 * 2**20)}
    assert files(tmp_path / "cpu" / "box") == {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "200000"}


def test_what_is_missing_is_reported(unified: ControlGroups, tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    assert unified.missing() == "control groups that can be written"
    assert ControlGroups("box", tmp_path / "nowhere").missing() == "a control group memory that can be written"


def test_groups_that_stay_in_use_are_reported(unified: ControlGroups, tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "memory.max").touch()
    with pytest.raises(OSError, match="not empty"):
        unified.remove(patience_s=0.05)
