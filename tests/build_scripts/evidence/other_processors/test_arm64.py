import platform
import shutil
import sys
from pathlib import Path

import pytest

from build_scripts.build_cli.parser import ROOT
from build_scripts.errors import DebianError, EmulationError
from build_scripts.evidence.other_processors import arm64
from build_scripts.evidence.other_processors.arm64 import LOCK, WHEELS, arm64_command, locked, make_root


def test_the_lock_s_entries_come_with_their_hashes() -> None:
    text = locked(LOCK.read_text(), WHEELS)
    assert {line.split("==")[0] for line in text.splitlines() if line[0] != " "} == set(WHEELS)
    assert text.count("--hash=sha256:") > 10
    assert "pydantic" not in text


def test_an_arm64_machine_needs_no_emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert arm64_command(tmp_path) == (sys.executable,)


def test_a_missing_emulator_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(EmulationError, match="qemu-aarch64 is not installed; on Debian: apt install qemu-user"):
        arm64_command(tmp_path)


def test_a_folder_whose_packages_are_missing_is_not_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(DebianError):
        make_root(tmp_path / "root")
    assert not (tmp_path / "root" / ".complete").exists()


def test_wheels_that_cannot_be_downloaded_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(arm64, "unpack_packages", lambda _, root, **__: root.mkdir())
    monkeypatch.setattr(sys, "executable", "false")
    if shutil.which("false") is None:
        pytest.skip("there is no program that fails on this machine: false")
    with pytest.raises(EmulationError, match="The wheels of arm64 cannot be downloaded: no message; is pip's index"):
        make_root(tmp_path / "root")
    assert not (tmp_path / "root" / ".complete").exists()


def test_an_arm64_python_sees_an_arm64_processor() -> None:
    work = ROOT / "build" / "emulation"
    if not (work / "arm64" / ".complete").exists():
        pytest.skip("the arm64 folder was not made here: python -m build_scripts emulate --processor arm64 ...")
    assert "qemu-aarch64" in arm64_command(work)[0]
