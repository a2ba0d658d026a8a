from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from build_scripts.data.fault_lines import LineRecords
from build_scripts.errors import CheckpointError
from build_scripts.training.fault_lines import LineTraining, load_lines, save_lines, train_lines
from functions.core.bearings.features import FAULTS, LENGTH

ROWS = np.tile(np.array([[1800, 3.5, 5.5, 2.4, 0.4]], np.float32), (200, 1))


def records() -> LineRecords:
    """Windows in which the row of the fault is higher than the others, and noise alone for normal."""
    rng = np.random.default_rng(0)
    label = np.arange(200) % 4
    features = rng.normal(0, 0.3, (200, 1, FAULTS, LENGTH)).astype(np.float32)
    for index in np.flatnonzero(label):
        features[index, 0, label[index] - 1] += 1
    return LineRecords(list(features), ROWS, label, 12_000)


def test_what_is_plain_is_learned_and_kept(tmp_path: Path) -> None:
    data = records()
    network = train_lines(data, LineTraining(epochs=30, batch_size=20))
    inputs = torch.from_numpy(np.concatenate(data.features)), torch.from_numpy(ROWS)
    logits = network(*inputs).detach()
    assert (logits.argmax(dim=1).numpy() == data.label).mean() > 0.97
    kept = load_lines(save_lines(network, tmp_path / "lines.pt"))
    assert torch.equal(kept(*inputs).detach(), logits)


def test_every_fault_is_read_by_the_same_weights() -> None:
    network = train_lines(records(), LineTraining(epochs=1))
    features, rows = torch.randn(2, FAULTS, LENGTH), torch.from_numpy(ROWS[:2])
    logits, turned = network(features, rows), network(features[:, [1, 2, 0]], rows)
    assert torch.allclose(logits[:, [0, 2, 3, 1]], turned)


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (
            lambda path: torch.save({"other": torch.zeros(1)}, path),
            "is no checkpoint of a network for fault lines",
        ),
        (lambda path: path.write_bytes(b""), "is not a readable checkpoint: it is empty"),
        (lambda path: path.write_bytes(b"text"), "is not a readable checkpoint"),
        (lambda path: None, "There is no file"),
    ],
    ids=["other weights", "empty", "text", "missing"],
)
def test_a_file_that_is_no_checkpoint_is_reported(
    tmp_path: Path, write: Callable[[Path], object], sentence: str
) -> None:
    path = tmp_path / "none.pt"
    write(path)
    with pytest.raises(CheckpointError, match=sentence):
        load_lines(path)
