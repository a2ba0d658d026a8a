import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from build_scripts.evidence.card.step import read_package
from build_scripts.evidence.judged import Foreign, Strangers
from build_scripts.measuring.outputs import RecordOutputs
from build_scripts.packaging.refit import Refit, refit_trust, write_trust
from functions.core.models.engine import Engine, EngineOutput
from functions.core.models.models import ModelRepository
from tests.build_scripts.conftest import shipped_package

NAME = "rolling-bearing"


def named(distance: float, label: list[int]) -> RecordOutputs:
    """Records of two windows that are all taken for the first class."""
    output = EngineOutput(np.tile(20 * np.eye(10, dtype=np.float32)[0], (2, 1)), np.full(2, distance, np.float32))
    return RecordOutputs((output,) * len(label), np.array(label, np.int64))


def strangers(served: Engine) -> Strangers:
    """Known records that are all right, and foreign ones of which a quarter is."""
    return Strangers(named(0.1, [0] * 20), [Foreign(named(50.0, [0, 1, 4, 7] * 10))])


@pytest.fixture
def models(tmp_path: Path) -> Path:
    shutil.copytree(shipped_package(NAME), tmp_path / NAME / "1", ignore=shutil.ignore_patterns("plots"))
    return tmp_path


def test_a_rule_is_fitted_again_and_put_into_the_package(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = models / NAME / "1"
    files = {path.name: path.read_bytes() for path in folder.glob("model_*.onnx")}
    found = refit_trust(models, NAME, strangers)
    assert (found.as_json()["same"], found.fitted.rule.agreed) == (False, 0.0)
    with caplog.at_level(logging.WARNING, "build"):
        write_trust(found, folder)
    assert [one.split(" was measured")[0] for one in caplog.messages] == ["across_machines.json"]
    manifest, proof = read_package(folder)
    assert manifest.trust == found.fitted.rule
    assert sum(proof.reliability["foreign"].count) == 40
    assert manifest.evidence.notes["calibration_error"] == proof.calibration_error
    assert "on 40 records of machines left out of training" in (folder / "CARD.md").read_text()
    assert {path.name: path.read_bytes() for path in folder.glob("model_*.onnx")} == files


@pytest.mark.parametrize(("factor", "same"), [(1.0002, True), (1.01, False)])
def test_rules_that_differ_by_rounding_are_the_same(models: Path, factor: float, same: bool) -> None:
    found = refit_trust(models, NAME, strangers)
    rule = replace(found.fitted.rule, slope=factor * found.fitted.rule.slope)
    assert Refit(replace(found.manifest, trust=rule), found.fitted).as_json()["same"] is same


def test_what_is_written_is_fitted_again_to_the_same_rule(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_trust(refit_trust(models, NAME, strangers), models / NAME / "1")
    caplog.clear()
    again = refit_trust(models, NAME, strangers)
    assert again.as_json()["same"]
    assert again.as_json()["trust"] == again.as_json()["packaged"]
    write_trust(again, models / NAME / "1")
    assert not caplog.messages
    assert ModelRepository(models).load(NAME).manifest.trust == again.fitted.rule
