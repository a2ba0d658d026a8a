"""Locked requirements: every package has a version and hashes, and no index beside the usual one is asked for it."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted((ROOT / "build_scripts" / "locks").glob("*.txt"))
TORCH = ROOT / "build_scripts" / "locks" / "torch.txt"
PINNED = re.compile(r"[\w.-]+(\[[\w,]+\])?==\S+( ; .*)?")
SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
# CPython 3.11 to 3.14; Linux on two processors, macOS on one.
PYTHONS = 4


def requirements(path: Path) -> list[tuple[str, list[str]]]:
    """Each requirement of a lock, and its hashes."""
    lines = path.read_text().replace("\\\n", " ").splitlines()
    parts = [line.split("--hash=") for line in lines if line.strip() and not line.startswith("#")]
    return [(name.strip(), [one.strip() for one in hashes]) for name, *hashes in parts]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_requirement_has_one_version_and_hashes(path: Path) -> None:
    found = requirements(path)
    assert found
    assert [name for name, _ in found if not PINNED.fullmatch(name)] == []
    assert [name for name, hashes in found if not hashes or not all(map(SHA256.fullmatch, hashes))] == []


def test_pytorch_has_one_version_and_a_hash_for_every_wheel() -> None:
    (linux, linux_hashes), (macos, macos_hashes) = requirements(TORCH)
    released = linux.partition("+")[0]
    assert linux == f'{released}+cpu ; sys_platform != "darwin"'
    assert macos == f'{released} ; sys_platform == "darwin"'
    assert (len(set(linux_hashes)), len(set(macos_hashes))) == (2 * PYTHONS, PYTHONS)
    assert set(linux_hashes).isdisjoint(macos_hashes)


def test_the_installed_pytorch_is_the_locked_one() -> None:
    assert version("torch").partition("+")[0] == requirements(TORCH)[0][0].removeprefix("torch==").partition("+")[0]


def test_whatever_the_makefile_installs_is_checked_by_hash() -> None:
    lines = (ROOT / "Makefile").read_text().replace("\\\n", " ").splitlines()
    installs = [line for line in lines if "-r $(LOCKS)" in line]
    assert len(installs) >= 6
    assert [line for line in installs if "--require-hashes" not in line] == []


@pytest.mark.parametrize("group", ["serve", "instruments", "bundle", "cdk"])
def test_the_packages_of_development_are_those_of_every_command(group: str) -> None:
    """So `make` installs them once, and none again for what it does with a part of them."""
    made = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("\t@touch $@ $(VENV)"))
    assert f"$(VENV)/.{group}" in made.split()
    every, needed = (
        {name.partition(" ;")[0] for name, _ in requirements(TORCH.with_name(f"{one}.txt"))} for one in ("dev", group)
    )
    assert needed
    assert needed - every == set()


def test_no_other_index_is_asked() -> None:
    named = [ROOT / "Makefile", ROOT / "Dockerfile.gpu", ROOT / "pyproject.toml", *LOCKS]
    assert [path.name for path in named if re.search(r"(--|_)(extra-)?index-url|--find-links", path.read_text())] == []
