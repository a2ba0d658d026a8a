import re
import subprocess
from pathlib import Path

import pytest

from build_scripts.local.aws.embedded.installation import LOCK, EmbeddedServicesError, installed_packages


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand in for pip; returns what it was asked."""
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> None:
        asked.append(command)
        Path(command[command.index("--target") + 1]).mkdir()

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_every_package_is_locked_with_hashes_and_the_emulator_exactly() -> None:
    pins = re.findall(r"^([a-z0-9-]+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}", LOCK.read_text(), re.MULTILINE)
    versions = dict(pins)
    assert len(pins) == len(re.findall("==", LOCK.read_text()))
    assert versions["ministack"] == "1.5.33"
    assert versions["boto3"] == versions["botocore"]
    assert "://" not in LOCK.read_text()


def test_packages_are_installed_once(pip: list[list[str]], tmp_path: Path) -> None:
    told: list[str] = []
    first = installed_packages(tmp_path, tell=told.append)
    assert installed_packages(tmp_path, tell=told.append) == first
    assert len(pip) == len(told) == 1
    assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} <= set(pip[0])
    assert list(tmp_path.iterdir()) == [first]


def test_another_python_has_packages_of_its_own(pip: list[list[str]], tmp_path: Path) -> None:
    assert installed_packages(tmp_path) != installed_packages(tmp_path, "3.99")
    assert "--python-version" not in pip[0]
    assert pip[1][pip[1].index("--python-version") + 1] == "3.99"


def test_what_pip_says_is_told_and_nothing_half_made_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="looking\nERROR: no such hash\n")

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(EmbeddedServicesError, match=r"cannot be installed: ERROR: no such hash$"):
        installed_packages(tmp_path)
    assert list(tmp_path.iterdir()) == []
