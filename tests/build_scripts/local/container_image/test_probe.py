"""The probe's view of a writable folder, and of packages."""

import re
from pathlib import Path

import pytest

from build_scripts.local.container_image import probe
from tests.container_image.dockerfile import DOCKERFILE


def test_a_folder_that_takes_files_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "CLOSED", (str(tmp_path), str(tmp_path / "nowhere")))
    assert probe._written() == [str(tmp_path)]


def test_it_looks_where_the_image_has_its_code() -> None:
    place = re.search(r"^WORKDIR (\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert place is not None
    assert place[1] in probe.CLOSED


def test_packages_are_those_of_this_python() -> None:
    assert "numpy" in [name for name, _ in probe._python_packages()]
