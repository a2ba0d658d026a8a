import json
import logging
from pathlib import Path

import pytest
from msgspec.structs import replace

from build_scripts.packaging.kept import keep_measured
from functions.core.models.manifest import TrustRule, read_manifest, write_manifest
from tests.support.packages import write_package

DISTURBANCES = {"model": "tiny", "versions": {"1": {"gain 2": {}}, "2": {"gain 2": {}}}}


def package(root: Path) -> Path:
    return write_package(root, "tiny", "2")


def measured(folder: Path) -> Path:
    (folder / "disturbances.json").write_text(json.dumps(DISTURBANCES))
    (folder / "processors.json").write_text("{}")
    return folder


def test_what_was_measured_outlives_a_build_of_the_same_answers(tmp_path: Path) -> None:
    old, new = measured(package(tmp_path / "old")), package(tmp_path / "new")
    keep_measured(old, new)
    assert json.loads((new / "disturbances.json").read_bytes()) == DISTURBANCES
    assert (new / "processors.json").read_text() == "{}"
    assert not (new / "across_machines.json").exists()


def test_of_other_answers_the_other_versions_stay_and_the_log_names_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = measured(package(tmp_path / "old")), package(tmp_path / "new")
    manifest = read_manifest((new / "manifest.json").read_bytes())
    (new / "manifest.json").write_bytes(write_manifest(replace(manifest, trust=TrustRule(odds=2.0))))
    with caplog.at_level(logging.WARNING, "build"):
        keep_measured(old, new)
    assert json.loads((new / "disturbances.json").read_bytes())["versions"] == {"1": {"gain 2": {}}}
    assert not (new / "processors.json").exists()
    first, second = caplog.messages
    assert first.endswith("make it anew with `evaluate --model tiny --disturbed --write docs`")
    assert second.startswith("processors.json was measured on the package that is replaced")


def test_a_package_without_figures_of_others_leaves_none(tmp_path: Path) -> None:
    old, new = package(tmp_path / "old"), package(tmp_path / "new")
    before = sorted(new.iterdir())
    keep_measured(old, new)
    assert sorted(new.iterdir()) == before
