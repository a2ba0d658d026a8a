from pathlib import Path

import numpy as np
from msgspec.structs import replace

from build_scripts.data.rig_bearings import DRIVE_END, RigRecording
from build_scripts.data.simulation.rolling import INNER, OUTER
from build_scripts.recipes.served_across import served_across
from functions.core.models.manifest import TrustRule, read_manifest, write_manifest
from functions.core.models.models import ModelRepository
from tests.support.bearings import RATE_HZ, impacts, noise
from tests.support.packages import write_package


def test_answers_are_those_of_the_server_with_and_without_what_is_stated(tmp_path: Path) -> None:
    folder = write_package(tmp_path, "races", "1", classes=("inner_race_007", "normal", "outer_race_007"))
    manifest = read_manifest((folder / "manifest.json").read_bytes())
    rule = TrustRule(novelty_from=0.0, slope=1000.0, least=0.5, agreed=0.9)
    (folder / "manifest.json").write_bytes(write_manifest(replace(manifest, trust=rule)))
    outer = impacts(2.0, DRIVE_END.bpfo * 30) + noise(2.0)
    # The model goes by the mean: below 0 it names the outer race.
    recordings = [
        RigRecording(outer - np.float32(0.5), RATE_HZ, "OR014", OUTER, 0, 1800.0, DRIVE_END),
        RigRecording(outer + np.float32(0.5), RATE_HZ, "IR007", INNER, 0, 1800.0, DRIVE_END),
    ]
    found = served_across(ModelRepository(tmp_path), "races", recordings)
    assert list(found) == ["alone", "speed and bearing stated"]
    alone, stated = found.values()
    assert isinstance(alone, dict)
    assert isinstance(stated, dict)
    assert (alone["recordings"], alone["right"], alone["agree"], alone["contradicted"]) == (2, 2, 0, 0)
    assert (stated["right"], stated["agree"], stated["contradicted"]) == (2, 1, 1)
    assert 0.6 < alone["confidence"] < 0.7
    assert stated["confidence"] < alone["confidence"]
