import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from build_scripts.data.signals import SignalSet
from build_scripts.errors import CheckpointError, DataError, RecipeError
from build_scripts.export.export import export_network
from build_scripts.recipes.user_network import fill, make_network, read_weights, user_model
from build_scripts.recipes.user_recipe import NetworkPart, UserRecipe, read_recipe
from tests.build_scripts.conftest import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "own-model"
PART = NetworkPart(file=Path("net.py"), factory="Net")
NETWORKS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.first = nn.Conv1d(2, 8, 9, 4)
        self.head = nn.Linear(8, classes)

    def forward(self, signal):
        return self.head(torch.relu(self.first(signal)).mean(dim=2))

class Flat(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv1d(2, 4, 9, 4), nn.Flatten(), nn.Linear(4 * 510, 4))

class Bare(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv1d(2, 4, 9, 4), nn.AdaptiveAvgPool1d(1), nn.Flatten())

def none():
    return 3
"""


@pytest.fixture
def records() -> SignalSet:
    rng = np.random.default_rng(0)
    label = np.arange(40) % 4
    signals = rng.standard_normal((40, 2, 3000)).astype(np.float32) * (1 + label)[:, None, None].astype(np.float32)
    names = ("healthy", "unbalance", "misalignment", "blade_rub")
    return SignalSet(signals, label, 8000.0, names, np.zeros(40, np.int64), ("all",))


def recipe(folder: Path, **network: object) -> UserRecipe:
    (folder / "net.py").write_text(NETWORKS)
    content = read_recipe(EXAMPLE / "recipe.toml").content
    part = NetworkPart.model_validate({"file": "net.py", "factory": "Net"} | network)
    return UserRecipe(content.model_copy(update={"network": part}), folder)


def weights(folder: Path, factory: str = "Net") -> Path:
    network = make_network(folder / "net.py", NetworkPart(file=Path("net.py"), factory=factory))
    torch.save(network.state_dict(), folder / "w.pt")
    return folder / "w.pt"


def test_a_network_is_given_weights_and_a_distance(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path)
    model = user_model(own, weights(tmp_path), records)
    assert (model.outputs, model.channels) == (("logits", "distance"), 2)
    plain = make_network(tmp_path / "net.py", PART)
    fill(plain, read_weights(tmp_path / "w.pt"))
    windows = torch.randn(3, 2, 2048)
    logits, distance = model.network(windows)
    torch.testing.assert_close(logits, plain(windows))
    assert distance.shape == (3,)
    known = model.network(torch.from_numpy(records.signals[:8, :, :2048]))[1]
    loud = model.network(torch.from_numpy(100 * records.signals[:8, :, :2048]))[1]
    assert loud.min() > 10 * known.max()


def test_it_exports_with_free_batch_and_length(tmp_path: Path, records: SignalSet) -> None:
    model = user_model(recipe(tmp_path), weights(tmp_path), records)
    assert export_network(model, tmp_path / "own.onnx").max_abs_difference <= 1e-4


def test_a_network_of_one_length_exports_for_that_length(tmp_path: Path, records: SignalSet) -> None:
    model = user_model(recipe(tmp_path, factory="Flat"), (recipe(tmp_path), weights(tmp_path, "Flat"))[1], records)
    exported = export_network(model, tmp_path / "flat.onnx")
    assert exported.max_abs_difference <= 1e-4
    assert exported.fixed_length is not None
    assert exported.fixed_length.startswith("at a length of 1024 samples the network does not run: mat1 and mat2")


def test_a_network_without_a_linear_head_measures_no_novelty(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path, factory="Bare")
    assert user_model(own, weights(tmp_path, "Bare"), records).outputs == ("logits",)


def test_the_head_can_be_named(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path, head="head")
    assert user_model(own, weights(tmp_path), records).outputs == ("logits", "distance")
    with pytest.raises(RecipeError, match="no layer 'tail'; it has first, head"):
        user_model(recipe(tmp_path, head="tail"), weights(tmp_path), records)


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        ({"file": "gone.py"}, "There is no Python file .*gone.py"),
        ({"factory": "Other"}, "has no class or function 'Other'"),
        ({"factory": "none"}, "makes a int, not a torch.nn.Module"),
        ({"arguments": {"depth": 3}}, "does not take these arguments: .*depth"),
        ({"arguments": {"classes": 3}}, r"For two windows the network gives \[2, 3\]; 4 classes need \[2, 4\]"),
    ],
)
def test_a_network_that_cannot_be_built_is_refused(
    tmp_path: Path, records: SignalSet, network: dict[str, object], sentence: str
) -> None:
    own = recipe(tmp_path, **network)
    path = tmp_path / "w.pt"
    torch.save(_made(own).state_dict() if "arguments" in network and "classes" in str(network) else {}, path)
    with pytest.raises((RecipeError, CheckpointError), match=sentence):
        user_model(own, path, records)


def _made(own: UserRecipe) -> nn.Module:
    return make_network(own.path(own.content.network.file), own.content.network)


def test_a_file_that_does_not_import_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import no_such_library_anywhere\n")
    with pytest.raises(RecipeError, match="does not import: No module named 'no_such_library_anywhere'"):
        make_network(tmp_path / "net.py", PART)


def test_a_network_that_does_not_take_the_window_is_refused(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path)
    model = own.content.model.model_copy(update={"channels": 3})
    with pytest.raises(RecipeError, match=r"does not take float32 \[2, 3, 2048\]"):
        user_model(replace(own, content=own.content.model_copy(update={"model": model})), weights(tmp_path), records)


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_weights_beside_other_things_are_found(tmp_path: Path, key: str) -> None:
    torch.save({key: {"w": torch.ones(2)}, "epoch": 7}, tmp_path / "c.pt")
    assert torch.equal(read_weights(tmp_path / "c.pt")["w"], torch.ones(2))


class Payload:
    """What a malicious checkpoint would be."""

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return (Path.touch, (Path("pwned"),))


def test_pickled_code_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(nn.Linear(2, 2), tmp_path / "module.pt")
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Payload(), protocol=2))
    for name in ("module.pt", "evil.pt"):
        with pytest.raises(CheckpointError, match=r"holds code|not a readable"):
            read_weights(tmp_path / name)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04broken"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pt").write_bytes(content)
    with pytest.raises(CheckpointError):
        read_weights(tmp_path / "bad.pt")


def test_a_missing_checkpoint_and_one_without_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not a readable checkpoint"):
        read_weights(tmp_path / "none.pt")
    torch.save({"epoch": 3}, tmp_path / "empty.pt")
    with pytest.raises(CheckpointError, match="has no weights"):
        read_weights(tmp_path / "empty.pt")


def test_weights_of_another_network_are_refused(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path)
    torch.save({"other.weight": torch.ones(1)}, tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match=r"do not fit the network: .*other\.weight"):
        user_model(own, tmp_path / "w.pt", records)


def test_training_records_without_a_class_are_refused(tmp_path: Path, records: SignalSet) -> None:
    lacking = replace(records, label=np.minimum(records.label, 2))
    with pytest.raises(DataError, match="none of class 'blade_rub'"):
        user_model(recipe(tmp_path), weights(tmp_path), lacking)
