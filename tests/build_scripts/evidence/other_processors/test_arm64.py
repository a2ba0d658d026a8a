import platform
import shutil
import sys
from pathlib import Path

import pytest

from build_scripts.build_cli.parser import ROOT
from build_scripts.errors import EmulationError
from build_scripts.evidence.other_processors import arm64
from build_scripts.evidence.other_processors.arm64 import LOCK, WHEELS, arm64_command, locked


def test_the_lock_s_entries_come_with_their_hashes() -> None:
    text = locked(LOCK.read_text(), WHEELS)
    assert {line.split("==")[0] for line in text.splitlines() if line[0] != " "} == set(WHEELS)
    assert text.count("--hash=sha256:") > 10
    assert "pydantic" not in text


def test_an_arm64_machine_needs_no_emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert arm64_command(tmp_path) == (sys.executable,)


@pytest.mark.parametrize(("program", "package"), [("qemu-aarch64", "qemu-user"), ("mmdebstrap", "mmdebstrap")])
def test_a_missing_program_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, package: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else f"/usr/bin/{name}")
    with pytest.raises(EmulationError, match=f"{program} is not installed; on Debian: apt install {package}"):
        arm64_command(tmp_path)


def test_a_download_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(arm64, "SUITE", "no-such-suite")
    if shutil.which("false") is None:
        pytest.skip("there is no program that fails on this machine: false")
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/false")
    with pytest.raises(EmulationError, match="false failed"):
        arm64.make_root(tmp_path / "root")
    assert not (tmp_path / "root" / ".complete").exists()


def test_an_arm64_python_sees_an_arm64_processor() -> None:
    work = ROOT / "build" / "emulation"
    if not (work / "arm64" / ".complete").exists():
        pytest.skip("the arm64 folder was not made here: python -m build_scripts emulate --processor arm64 ...")
    assert "qemu-aarch64" in arm64_command(work)[0]
