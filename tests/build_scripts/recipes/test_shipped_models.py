from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.data.simulate import SimulationConfig
from build_scripts.data.simulation.classes import FAULT_CLASSES
from build_scripts.errors import DataError, NoVariantPassed, PackageExistsError
from build_scripts.packaging.build import Destination, calibration_windows
from build_scripts.recipes.recipe import JOURNAL_BEARING, RECIPES, ROLLING_BEARING, ModelRecipe
from build_scripts.recipes.shipped_models import build_from_scratch, build_package, simulated
from tests.build_scripts.conftest import DESCRIPTION, NETWORK, TRAINING, WINDOW

TINY: ModelRecipe = replace(
    JOURNAL_BEARING,
    description=DESCRIPTION,
    network=NETWORK,
    training=TRAINING,
    training_records=SimulationConfig(1, 5),
    fitting_records=SimulationConfig(1, 6),
    choosing_records=SimulationConfig(1, 6),
    candidates=("static-minmax",),
    unseen_records=SimulationConfig(1, 7),
    strange_records=(replace(JOURNAL_BEARING.strange_records[0], records_per_cell=1),),
    foreign_records=(replace(JOURNAL_BEARING.foreign_records[-1], records_per_cell=1),),
    calibration_windows=16,
)


def test_the_shipped_recipes() -> None:
    assert list(RECIPES) == ["journal-bearing", "rolling-bearing"]
    assert [identifier for identifier, _ in JOURNAL_BEARING.description.classes] == [one.id for one in FAULT_CLASSES]


def test_records_of_training_fitting_and_proof_have_different_seeds() -> None:
    sets = (JOURNAL_BEARING.training_records, JOURNAL_BEARING.fitting_records, JOURNAL_BEARING.unseen_records)
    assert len({one.seed for one in sets if isinstance(one, SimulationConfig)}) == 3


def test_records_are_simulated_once(tmp_path: Path) -> None:
    config = SimulationConfig(1, 5)
    first = simulated(tmp_path, config, workers=1)
    (path,) = tmp_path.iterdir()
    written = path.stat().st_mtime_ns
    assert np.array_equal(simulated(tmp_path, config, workers=1).counts, first.counts)
    assert path.stat().st_mtime_ns == written


def test_calibration_windows_are_spread_over_the_records(records: RecordSet) -> None:
    windows = calibration_windows(records, WINDOW, 4)
    assert windows.shape == (4, 1, WINDOW)
    assert np.array_equal(windows[-1], records.windows(43, WINDOW)[0])


def test_calibration_windows_beyond_the_records_are_their_next_ones(records: RecordSet) -> None:
    windows = calibration_windows(records, WINDOW, 2 * len(records))
    assert windows.shape == (2 * len(records), 1, WINDOW)
    assert np.array_equal(windows[:2], records.windows(0, WINDOW)[:2])
    long = records.counts.shape[1]
    assert calibration_windows(records, long, 1000).shape == (len(records), 1, long)


def test_the_whole_flow_runs_and_a_variant_that_is_not_faster_fails_its_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("build_scripts.quantization.search.MIN_SPEEDUP", float("inf"))
    destination = Destination(tmp_path / "work", tmp_path / "models")
    with pytest.raises(NoVariantPassed, match="static-minmax: "):
        build_from_scratch(TINY, tmp_path / "tiny.pt", destination)
    assert {path.name for path in (tmp_path / "work").iterdir()} >= {
        "records-5-1.npz",
        "records-6-1.npz",
        "records-7-1.npz",
        "training.pt",
        "model_fp32.onnx",
        "static-minmax.onnx",
    }
    assert (tmp_path / "tiny.pt").exists()
    assert not (tmp_path / "models").exists()


def test_an_existing_version_is_refused_before_any_work(tmp_path: Path, checkpoint_path: Path) -> None:
    destination = Destination(tmp_path / "work", tmp_path / "models")
    (tmp_path / "models" / "tiny" / "1").mkdir(parents=True)
    for build in (build_from_scratch, build_package):
        with pytest.raises(PackageExistsError):
            build(TINY, checkpoint_path, destination)
    assert not (tmp_path / "work").exists()


def test_a_recipe_of_recordings_asks_for_their_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="name their folder with --data DIR"):
        build_from_scratch(ROLLING_BEARING, tmp_path / "r.pt", Destination(tmp_path / "work", tmp_path / "models"))
    assert not (tmp_path / "models").exists()
