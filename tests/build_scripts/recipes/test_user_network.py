from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from build_scripts.data.signals import SignalSet
from build_scripts.errors import CheckpointError, DataError, RecipeError, ValidationFailed
from build_scripts.export.export import export_network
from build_scripts.networks.user_module import make_network
from build_scripts.recipes.user_network import plain_network, user_model
from build_scripts.recipes.user_recipe import NetworkPart, UserRecipe, read_recipe
from tests.build_scripts.conftest import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "own-model"
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

class Several(Net):
    def forward(self, signal):
        return {"speed": self.first(signal).mean(dim=(1, 2)), "logits": super().forward(signal)}

class Probable(Net):
    def forward(self, signal):
        return torch.softmax(super().forward(signal), 1)

class Drawing(Net):
    def forward(self, signal):
        return super().forward(nn.functional.dropout(signal))

class Centring(Net):
    def forward(self, signal):
        signal -= signal.mean(dim=2, keepdim=True)
        return super().forward(signal)

class Dead(Net):
    def forward(self, signal):
        return super().forward(signal * 0)

class Squeezing(Net):
    def forward(self, signal):
        return super().forward(signal).squeeze()

class Failing(Net):
    def forward(self, signal):
        raise LookupError("no such thing")

class Alone(Net):
    def forward(self, signal):
        return self.head(torch.relu(self.first(signal)).mean(dim=2).reshape(1, 8))

class ChannelsLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers, self.head = nn.LSTM(2, 8, batch_first=True), nn.Linear(8, 4)

    def forward(self, steps):
        return self.head(self.layers(steps[:, ::64])[0][:, -1])

class Orthogonal(Net):
    def __init__(self):
        super().__init__()
        self.turned = nn.utils.parametrizations.orthogonal(nn.Linear(8, 8))

    def forward(self, signal):
        return self.head(self.turned(torch.relu(self.first(signal)).mean(dim=2)))

class Halving(Net):
    def forward(self, signal):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(signal).float()

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


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Give networks the same weights in every run: chance ones may have outputs like probabilities."""
    torch.manual_seed(3)


def weights(folder: Path, factory: str = "Net") -> Path:
    network = make_network(folder / "net.py", factory, {})
    torch.save(network.state_dict(), folder / "w.pt")
    return folder / "w.pt"


def test_a_network_is_given_weights_and_a_distance(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path)
    model = user_model(own, weights(tmp_path), records)
    assert (model.outputs, model.channels) == (("logits", "distance"), 2)
    plain = plain_network(own, tmp_path / "w.pt")
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
        (
            {"arguments": {"classes": 3}},
            r"For 16 windows the network gives float32 \[16, 3\]; 4 classes need float32 \[16, 4\]",
        ),
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
    part = own.content.network
    return make_network(own.folder / "net.py", part.factory or "", part.arguments)


def test_a_network_that_does_not_take_the_window_is_refused(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path)
    model = own.content.model.model_copy(update={"channels": 3})
    with pytest.raises(RecipeError, match=r"does not take float32 \[2, 3, 2048\]"):
        user_model(replace(own, content=own.content.model_copy(update={"model": model})), weights(tmp_path), records)


def test_weights_of_another_network_are_refused(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path)
    torch.save({"other.weight": torch.ones(1)}, tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match=r"do not fit the network: .*other\.weight"):
        user_model(own, tmp_path / "w.pt", records)


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (
            {"factory": "Several"},
            r"a dict: 'speed' float32 \[16\], 'logits' float32 \[16, 4\]\. Choose the logits .* output = \"logits\"\.",
        ),
        ({"factory": "Several", "output": "speed"}, r"gives float32 \[16\]; 4 classes need float32 \[16, 4\]"),
        ({"factory": "Drawing"}, r"answers the same 16 windows otherwise a second time, by up to .* as F\.dropout"),
        ({"factory": "Probable"}, 'gives probabilities .* write gives = "probabilities" in'),
        (
            {"factory": "Failing"},
            r"does not take float32 \[2, 2, 2048\]: no such thing \(LookupError, net\.py, line \d+\)",
        ),
        (
            {"factory": "Alone"},
            r"\[2, 2, 2048\]: shape .*, net\.py, line \d+\), while one window runs: leave its batch free",
        ),
    ],
)
def test_what_a_network_gives_is_judged(
    tmp_path: Path, records: SignalSet, network: dict[str, object], sentence: str
) -> None:
    own = recipe(tmp_path, **network)
    with pytest.raises(RecipeError, match=sentence):
        user_model(own, weights(tmp_path), records)


@pytest.mark.parametrize(
    "network", [{"factory": "Several", "output": "logits"}, {"factory": "Probable", "gives": "probabilities"}]
)
def test_what_the_recipe_says_of_the_outputs_counts(
    tmp_path: Path, records: SignalSet, network: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    windows = torch.randn(3, 2, 2048)
    plain = plain_network(recipe(tmp_path), weights(tmp_path))
    with caplog.at_level("INFO", "build"):
        model = user_model(recipe(tmp_path, **network), tmp_path / "w.pt", records)
    assert model.outputs == ("logits", "distance")
    assert "novelty is measured on the input of the layer head" in caplog.messages
    torch.testing.assert_close(torch.softmax(model.network(windows)[0], 1), torch.softmax(plain(windows), 1))


def test_a_network_without_a_head_says_so(tmp_path: Path, records: SignalSet, caplog: pytest.LogCaptureFixture) -> None:
    own = recipe(tmp_path, factory="Bare")
    with caplog.at_level("INFO", "build"):
        user_model(own, weights(tmp_path, "Bare"), records)
    assert caplog.messages == [
        "the package measures no novelty: no linear layer gives the logits; head in [network] names a layer"
    ]


@pytest.mark.parametrize("factory", ["ChannelsLast", "Orthogonal"])
def test_another_order_of_axes_and_computed_weights_are_exported(
    tmp_path: Path, records: SignalSet, factory: str
) -> None:
    own = recipe(tmp_path, factory=factory)
    model = user_model(own, weights(tmp_path, factory), records)
    assert model.outputs == ("logits", "distance")
    assert export_network(model, tmp_path / "m.onnx").max_abs_difference <= 1e-4


def test_a_network_in_bfloat16_is_refused_by_that_name(tmp_path: Path, records: SignalSet) -> None:
    model = user_model(recipe(tmp_path, factory="Halving"), weights(tmp_path), records)
    assert model.outputs == ("logits", "distance")
    with pytest.raises(ValidationFailed, match=r"it computes in bfloat16, as under torch\.autocast in its forward"):
        export_network(model, tmp_path / "m.onnx")


def test_a_network_may_change_its_input_in_place(tmp_path: Path, records: SignalSet) -> None:
    model = user_model(recipe(tmp_path, factory="Centring"), weights(tmp_path), records)
    assert model.outputs == ("logits", "distance")
    assert records.signals.mean() != 0
    assert export_network(model, tmp_path / "m.onnx").max_abs_difference <= 1e-4


def test_a_batch_that_a_network_squeezes_away_is_put_back(tmp_path: Path, records: SignalSet) -> None:
    model = user_model(recipe(tmp_path, factory="Squeezing"), weights(tmp_path), records)
    assert model.network(torch.zeros(1, 2, 2048))[0].shape == (1, 4)
    assert export_network(model, tmp_path / "m.onnx").max_abs_difference <= 1e-4


def test_a_network_that_does_not_look_at_its_input_is_refused(tmp_path: Path, records: SignalSet) -> None:
    with pytest.raises(RecipeError, match="is the same for all 2052 windows of the training records"):
        user_model(recipe(tmp_path, factory="Dead"), weights(tmp_path), records)


def test_a_rare_class_is_not_missed(tmp_path: Path, records: SignalSet) -> None:
    rare = replace(records, label=np.where(np.arange(40) < 4, np.arange(40), 0))
    assert user_model(recipe(tmp_path), weights(tmp_path), rare).outputs == ("logits", "distance")


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("kind", ["script", "trace", "program"])
def test_a_program_is_the_network_itself(tmp_path: Path, records: SignalSet, kind: str) -> None:
    own = recipe(tmp_path)
    plain = plain_network(own, weights(tmp_path))
    example, path = torch.zeros(2, 2, 2048), tmp_path / f"{kind}.pt2"
    if kind == "program":
        free = torch.export.Dim.DYNAMIC
        torch.export.save(torch.export.export(plain, (example,), dynamic_shapes=({0: free, 2: free},)), path)
    else:
        make = partial(torch.jit.script, plain) if kind == "script" else partial(torch.jit.trace, plain, example)
        make().save(path)
    alone = replace(own, content=own.content.model_copy(update={"network": NetworkPart()}))
    model = user_model(alone, path, records)
    assert model.outputs == ("logits",)
    exported = export_network(model, tmp_path / "m.onnx")
    assert exported.max_abs_difference <= 1e-4
    assert (exported.method, exported.fixed_length) == ("torch-dynamo" if kind == "program" else "torch-legacy", None)


def test_weights_without_a_network_are_refused(tmp_path: Path, records: SignalSet) -> None:
    own = recipe(tmp_path)
    alone = replace(own, content=own.content.model_copy(update={"network": NetworkPart()}))
    with pytest.raises(RecipeError, match=r"holds weights alone: file and factory in \[network\] must name the code"):
        user_model(alone, weights(tmp_path), records)


def test_training_records_without_a_class_are_refused(tmp_path: Path, records: SignalSet) -> None:
    lacking = replace(records, label=np.minimum(records.label, 2))
    with pytest.raises(DataError, match="none of class 'blade_rub'"):
        user_model(recipe(tmp_path), weights(tmp_path), lacking)
