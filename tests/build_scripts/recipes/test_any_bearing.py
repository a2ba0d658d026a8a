"""The recipe of any-bearing in small, and its committed package against its committed checkpoint."""

from pathlib import Path

import numpy as np
import pytest

from build_scripts.build_cli.parser import CHECKPOINTS, MODELS
from build_scripts.data.fault_lines import LineSimulation
from build_scripts.data.rig_bearings import DRIVE_END, RigRecording
from build_scripts.data.simulation.rolling import ELEMENT, INNER, NORMAL, OUTER
from build_scripts.errors import DataError
from build_scripts.export.export import export_network
from build_scripts.export.optimize import optimize
from build_scripts.export.torch_export import ExportOptions
from build_scripts.networks.checkpoint import file_sha256
from build_scripts.networks.trained import LOGITS, TrainedModel
from build_scripts.packaging.build import OPTIMIZATION
from build_scripts.recipes import any_bearing
from build_scripts.recipes.any_bearing import DESCRIPTION, NAME, left_out, recordings_for_training, strangers_of_any
from build_scripts.training.fault_lines import load_lines
from functions.core.bearings.features import FAULTS
from functions.core.models.manifest import read_manifest
from functions.core.models.models import ModelRepository
from tests.support.bearings import RATE_HZ, impacts, noise

RPM = 1_800.0


def recording(name: str, label: int, load_hp: int, order: float) -> RigRecording:
    samples = impacts(2.0, order * RPM / 60, seed=load_hp) + noise(2.0, seed=load_hp)
    return RigRecording(samples, RATE_HZ, name, label, load_hp, RPM, DRIVE_END)


RECORDINGS = [
    recording("OR007", OUTER, 0, DRIVE_END.bpfo),
    recording("IR014", INNER, 1, DRIVE_END.bpfi),
    recording("Normal", NORMAL, 0, 0.31),
]


def test_each_size_and_each_load_is_denied_to_one_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(any_bearing, "SIMULATED", LineSimulation(seed=3, count=10))
    folds = list(left_out(tmp_path, 1, RECORDINGS))
    assert [fold.title for fold in folds] == ["fault size 007", "fault size 014", "load 0", "load 1"]
    assert [[one.name for one in fold.recordings] for fold in folds] == [
        ["OR007"],
        ["IR014"],
        ["OR007", "Normal"],
        ["IR014"],
    ]
    again = list(left_out(tmp_path, 1, RECORDINGS))
    for first, second in zip(folds, again, strict=True):
        outputs, same = first.outputs(), second.outputs()
        assert outputs.label.tolist() == [one.label for one in first.recordings]
        np.testing.assert_array_equal(outputs.window_logits, same.window_logits)


def test_trust_is_fitted_by_faults_without_a_line_as_well_and_by_healthy_bearings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(any_bearing, "SIMULATED", LineSimulation(seed=3, count=10))
    monkeypatch.setattr(any_bearing, "STRANGERS", 4)
    monkeypatch.setattr(
        any_bearing, "recordings_of_rig", lambda data: [*RECORDINGS, recording("B007", ELEMENT, 1, 0.31)]
    )
    served = ModelRepository(MODELS).load(NAME).engine
    found = strangers_of_any(tmp_path, 1, None)(served)
    rig, simulated = found.foreign
    assert rig.outputs.label.tolist() == [OUTER, ELEMENT, INNER, NORMAL]
    assert [one is not None and one.supported for one in rig.evidence] == [["outer_race"], [], ["inner_race"], []]
    assert simulated.outputs.label.tolist() == [NORMAL, OUTER, INNER, ELEMENT]
    # No network is trained on a fault without a line: what was denied is known of the others alone.
    assert found.known.label.tolist() == [OUTER, NORMAL, INNER]


@pytest.mark.parametrize("folder", [None, "empty"])
def test_without_recordings_the_folder_is_asked_for(tmp_path: Path, folder: str | None) -> None:
    with pytest.raises(DataError, match="name their folder with --data DIR" if folder is None else "no .npz file"):
        recordings_for_training(None if folder is None else tmp_path)


def test_the_packaged_file_is_what_the_flow_makes_of_the_checkpoint(tmp_path: Path) -> None:
    checkpoint = CHECKPOINTS / f"{NAME}.pt"
    manifest = read_manifest((MODELS / NAME / "1" / "manifest.json").read_bytes())
    model = TrainedModel(DESCRIPTION, FAULTS, load_lines(checkpoint), (LOGITS,), checkpoint)
    exported = export_network(model, tmp_path / "exported.onnx", "1", ExportOptions(length="fixed"))
    made = optimize(exported.path, tmp_path / "fp32.onnx", OPTIMIZATION).path
    assert file_sha256(made) == manifest.variant("fp32").sha256
    assert file_sha256(checkpoint) == manifest.source_checkpoint_sha256
