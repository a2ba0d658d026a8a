import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from build_scripts.errors import CheckpointError
from build_scripts.networks.checkpoint import Checkpoint, file_sha256, load_checkpoint, restore_network, save_checkpoint
from build_scripts.networks.network import NetworkConfig
from tests.build_scripts.conftest import DESCRIPTION, NETWORK


def test_a_saved_checkpoint_loads_equal(checkpoint: Checkpoint, tmp_path: Path) -> None:
    again = load_checkpoint(save_checkpoint(checkpoint, tmp_path / "again.pt"))
    assert again.description == DESCRIPTION
    assert again.network == NETWORK
    assert (again.training, again.metrics) == (checkpoint.training, checkpoint.metrics)
    assert all(torch.equal(again.weights[name], tensor) for name, tensor in checkpoint.weights.items())
    assert np.array_equal(again.novelty.means, checkpoint.novelty.means)


def test_the_restored_network_gives_logits_and_distances(checkpoint: Checkpoint) -> None:
    logits, distance = restore_network(checkpoint)(torch.zeros(2, 1, 20480))
    assert (tuple(logits.shape), tuple(distance.shape)) == ((2, 11), (2,))


@pytest.mark.parametrize("option", ["normalise", "centre"])
@pytest.mark.parametrize("done", [True, False])
def test_what_the_network_does_to_its_input_is_remembered_and_written_only_where_it_is_done(
    checkpoint: Checkpoint, tmp_path: Path, option: str, done: bool
) -> None:
    network = NetworkConfig(**{**vars(NETWORK), option: done})
    path = save_checkpoint(replace(checkpoint, network=network), tmp_path / "one.pt")
    assert load_checkpoint(path).network == network
    assert (option in torch.load(path, weights_only=True)["network"]) is done


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.pt is not a readable checkpoint"):
        load_checkpoint(tmp_path / "none.pt")


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "it is empty"), (b"text", "copy it whole, or train the model")]
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "other.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"other\.pt is not a readable checkpoint.*{sentence}"):
        load_checkpoint(tmp_path / "other.pt")


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"format": 1, "network": Path}, tmp_path / "evil.pt")
    with pytest.raises(CheckpointError, match="not a readable checkpoint"):
        load_checkpoint(tmp_path / "evil.pt")


@pytest.mark.parametrize("content", [{"weights": {}}, [1, 2], {"format": 2}])
def test_other_content_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match="is not a checkpoint of format 1"):
        load_checkpoint(tmp_path / "other.pt")


def test_a_missing_part_is_named(checkpoint_path: Path, tmp_path: Path) -> None:
    content = torch.load(checkpoint_path, weights_only=True)
    del content["novelty"]
    torch.save(content, tmp_path / "part.pt")
    with pytest.raises(CheckpointError, match="lacks the part novelty of a checkpoint; train the model anew"):
        load_checkpoint(tmp_path / "part.pt")
    torch.save(content | {"novelty": {"projection": [1.0], "means": [1.0]}}, tmp_path / "part.pt")
    with pytest.raises(CheckpointError, match="has parts of another form than a checkpoint; train the model anew"):
        load_checkpoint(tmp_path / "part.pt")


def test_weights_of_another_network_are_refused(checkpoint: Checkpoint) -> None:
    checkpoint = Checkpoint(**{**vars(checkpoint), "weights": {"head.bias": torch.zeros(11)}})
    with pytest.raises(CheckpointError, match="do not fit"):
        restore_network(checkpoint)


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"palier")
    assert file_sha256(tmp_path / "file") == hashlib.sha256(b"palier").hexdigest()
