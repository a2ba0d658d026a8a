import shutil
from pathlib import Path

import pytest

from build_scripts.errors import DebianError
from build_scripts.evidence.other_processors.debian_packages import unpack_packages


def put_program(monkeypatch: pytest.MonkeyPatch, path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(path))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["--variant=extract", "--include=libc6,zlib1g", "trixie"]),
        (
            {"suite": "bookworm", "variant": "minbase", "architecture": "arm64"},
            ["--variant=minbase", "--include=libc6,zlib1g", "--architectures=arm64", "bookworm"],
        ),
    ],
)
def test_packages_are_asked_for_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: dict[str, str], words: list[str]
) -> None:
    put_program(monkeypatch, tmp_path / "mmdebstrap", f'echo "$@" > {tmp_path}/words')
    unpack_packages(["libc6", "zlib1g"], tmp_path / "new" / "root", **options)
    assert (tmp_path / "words").read_text().split() == ["--quiet", *words, str(tmp_path / "new" / "root")]
    assert (tmp_path / "new").is_dir()


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(DebianError, match=r"mmdebstrap is not installed; on Debian: apt install mmdebstrap\."):
        unpack_packages(["libc6"], tmp_path / "root")


def test_a_mirror_that_fails_is_reported_by_its_last_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_program(monkeypatch, tmp_path / "mmdebstrap", "echo I: started >&2; echo E: no such suite >&2; exit 1")
    with pytest.raises(DebianError, match="cannot unpack Debian trixie: E: no such suite; is its mirror within reach"):
        unpack_packages(["libc6"], tmp_path / "root")
