from dataclasses import replace
from pathlib import Path

import numpy as np

from build_scripts.data.cwru import CLASSES
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.network import NetworkConfig, Stage
from build_scripts.recipes.cross_validate import leave_one_load_out, leave_one_size_out, together
from build_scripts.recipes.recipe import ROLLING_BEARING
from build_scripts.training.train import TrainingConfig

WINDOW = 128
TINY = replace(
    ROLLING_BEARING,
    description=ModelDescription("tiny", "Tiny", CLASSES, WINDOW, 12000, "g"),
    network=NetworkConfig(channels=1, classes=10, stages=(Stage(8, 15, 4), Stage(16, 5, 2)), normalise=True),
    training=TrainingConfig(epochs=1, novelty_windows=300, threads=1),
)


def write_recordings(path: Path, loads: tuple[int, ...], samples: int = 2000) -> None:
    """One recording of each class and load: a tone of the class's own in noise."""
    rng = np.random.default_rng(0)
    load_hp, label = np.array([(load, label) for load in loads for label in range(10)]).T
    names = [f"r{index}" for index in range(len(label))]
    tones = np.sin(np.outer(0.1 + 0.25 * label, np.arange(samples))) + 0.3 * rng.standard_normal((len(label), samples))
    np.savez(
        path,
        names=np.array(names),
        label=label,
        load_hp=load_hp,
        file_id=np.arange(1000, 1000 + len(label)),
        classes=np.array([f"C{index}" for index in range(len(CLASSES))]),
        fs=np.int64(12000),
        **{f"sig_{name}": tone for name, tone in zip(names, tones.astype(np.float32), strict=True)},
    )


def test_each_load_of_training_is_held_out_once(tmp_path: Path) -> None:
    write_recordings(tmp_path / "recordings.npz", (0, 1, 3))
    held_out = leave_one_load_out(TINY, tmp_path, tmp_path / "work")
    assert list(held_out) == [0, 1]
    assert all(one.pieces.window_accuracy > 0.2 for one in held_out.values())
    pieces = [one.pieces for one in held_out.values()]
    assert len(together(pieces).outputs) == sum(len(one.outputs) for one in pieces)
    # Of the normal recordings the last fifth, at each load.
    assert [len(one.whole.label) for one in held_out.values()] == [11, 11]
    assert [len(one.logits) for one in held_out[0].whole.outputs][:2] == [4, 16]
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"without_load_0.pt", "without_load_1.pt"}


def test_each_fault_size_is_held_out_once_and_its_classes_are_never_named(tmp_path: Path) -> None:
    write_recordings(tmp_path / "recordings.npz", (0, 1, 3))
    recordings, outputs = leave_one_size_out(TINY, tmp_path, tmp_path / "work")
    names = [CLASSES[label][0] for label in recordings.label]
    assert [name[-3:] for name in names] == ["007"] * 6 + ["014"] * 6 + ["021"] * 6
    assert recordings.label.tolist() == outputs.label.tolist()
    assert all(one.logits.shape == (16, 10) for one in outputs.outputs)
    for output, name in zip(outputs.outputs, names, strict=True):
        named = {CLASSES[index][0][-3:] for index in output.logits.argmax(axis=1)}
        assert name[-3:] not in named
    assert {path.name for path in (tmp_path / "work").iterdir()} == {
        f"without_size_{one}.pt" for one in ("007", "014", "021")
    }
