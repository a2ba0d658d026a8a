from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import RecipeError
from build_scripts.export.export import export_network
from build_scripts.export.torch_export import ExporterName, ExportOptions
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.head import FeatureNetwork, NoveltyNetwork, find_head
from build_scripts.networks.novelty import NoveltyModel
from build_scripts.networks.trained import TrainedModel

WINDOWS = torch.randn(5, 1, 64, generator=torch.Generator().manual_seed(0))


class Body(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv1d(1, 8, 9, 4)
        self.norm = nn.BatchNorm1d(8)
        self.fc = nn.Linear(8, 3)

    def pooled(self, signal: Tensor) -> Tensor:
        return torch.relu(self.norm(self.body(signal))).mean(2)

    def forward(self, signal: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.pooled(signal))
        return logits


class Auxiliary(Body):
    """Heads of a multi-task training, called first, in the middle, last, or never."""

    def __init__(self) -> None:
        super().__init__()
        self.speed, self.load, self.unused = nn.Linear(8, 3), nn.Linear(8, 3), nn.Linear(8, 3)

    def forward(self, signal: Tensor) -> Tensor:
        features = self.pooled(signal)
        self.speed(features)
        logits: Tensor = self.fc(features)
        self.load(features + 1)
        return logits


class Keyword(Body):
    def forward(self, signal: Tensor) -> Tensor:
        logits: Tensor = self.fc(input=self.pooled(signal))
        return logits


class Twice(Body):
    """The same layer again, after the call that gave the logits."""

    def forward(self, signal: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.pooled(signal))
        self.fc(self.pooled(-signal))
        return logits


class Reshaped(Body):
    def forward(self, signal: Tensor) -> Tensor:
        logits: Tensor = torch.log_softmax(self.fc(self.pooled(signal).unsqueeze(1)).squeeze(1), 1)
        return logits


class Attention(nn.Module):
    """The last linear layer by place is attention's out_proj, whose forward is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 3)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, signal: Tensor) -> Tensor:
        tokens = signal.reshape(len(signal), -1, 8)
        logits: Tensor = self.fc(self.attention(tokens, tokens, tokens)[0].mean(1))
        return logits


class Convolution(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv1d(1, 3, 9), nn.AdaptiveAvgPool1d(1), nn.Flatten())


class Sigmoid(Body):
    """A probability for each class by itself."""

    def forward(self, signal: Tensor) -> Tensor:
        return torch.sigmoid(super().forward(signal))


class Steps(Body):
    """A linear layer at every step, averaged: no layer gives the logits."""

    def forward(self, signal: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.body(signal).transpose(1, 2)).mean(1)
        return logits


@pytest.mark.parametrize(
    ("kind", "name", "call"),
    [
        (Body, "fc", 0),
        (Auxiliary, "fc", 0),
        (Keyword, "fc", 0),
        (Twice, "fc", 0),
        (Reshaped, "fc", 0),
        (Sigmoid, "fc", 0),
        (Attention, "fc", 0),
        (Convolution, None, 0),
        (Steps, None, 0),
    ],
)
def test_the_head_is_the_layer_that_gives_the_logits(kind: type[nn.Module], name: str | None, call: int) -> None:
    network = kind().eval()
    head = find_head(network, network, (WINDOWS,))
    if name is None:
        assert head is None
    else:
        assert head is not None
        assert (head.name, head.call) == (name, call)
        logits, features = FeatureNetwork(network, head)(WINDOWS)
        assert features.shape == (5, 8)
        torch.testing.assert_close(logits, network(WINDOWS))
        given = head.module(features)
        if kind is Sigmoid:
            given = torch.sigmoid(given)
        torch.testing.assert_close(torch.softmax(given, 1), torch.softmax(logits, 1))


@pytest.mark.parametrize("exporter", ["dynamo", "legacy"])
@pytest.mark.parametrize("kind", [Keyword, Twice])
def test_the_features_survive_an_export(kind: type[Body], exporter: ExporterName, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = kind().eval()
    head = find_head(network, network, (WINDOWS,))
    assert head is not None
    novelty = NoveltyModel(torch.eye(8, 2).numpy(), torch.zeros(3, 2).numpy())
    served = NoveltyNetwork(FeatureNetwork(network, head), novelty).eval()
    description = ModelDescription("small", "Small", (("a", "A"), ("b", "B"), ("c", "C")), 64, 100.0, "g")
    model = TrainedModel(description, 1, served, ("logits", "distance"), Path("s.pt"))
    assert export_network(model, tmp_path / "m.onnx", options=ExportOptions(exporter)).max_abs_difference <= 1e-5


def test_a_layer_can_be_named() -> None:
    network = Auxiliary().eval()
    head = find_head(network, network, (WINDOWS,), "load")
    assert head is not None
    assert head.name == "load"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("tail", "no layer 'tail'; it has body, norm, fc, speed, load, unused"),
        ("unused", r"The layer 'unused' is not called in evaluation; novelty needs a layer with an input \[B, F\]"),
        ("norm", r"The layer 'norm' is given float32 \[5, 8, 14\] in evaluation"),
    ],
)
def test_a_layer_that_cannot_be_the_head_is_refused(name: str, sentence: str) -> None:
    network = Auxiliary().eval()
    with pytest.raises(RecipeError, match=sentence):
        find_head(network, network, (WINDOWS,), name)


def test_no_hook_stays_behind() -> None:
    network = Auxiliary().eval()
    find_head(network, network, (WINDOWS,))
    assert not any(module._forward_hooks for module in network.modules())
