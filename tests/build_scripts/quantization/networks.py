"""Small networks of the kinds that techniques differ by, in float32 ONNX with a distance beside the logits."""

import warnings
from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from build_scripts.export.onnx_file import slimmed
from build_scripts.export.optimize import optimize
from build_scripts.export.torch_export import ExporterName, ExportOptions, traced

WINDOW, CLASSES = 512, 4


class Measured(nn.Module):
    """A body and its head, and a distance by a linear layer that reads the same features."""

    def __init__(self, body: nn.Module, features: int) -> None:
        super().__init__()
        self.body, self.head, self.distance = body, nn.Linear(features, CLASSES), nn.Linear(features, 6)

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(signal)
        return self.head(features), self.distance(features).square().mean(1)


class Patches(nn.Module):
    """Signal [B, 1, T] to patches of 32 samples as channels, [B, 32, T / 32]."""

    def forward(self, signal: Tensor) -> Tensor:
        return signal.reshape(signal.shape[0], -1, 32).transpose(1, 2)


class Recurrent(nn.Module):
    """A recurrent layer behind a front, and the mean of its states."""

    def __init__(self, front: nn.Module, width: int, kind: type[nn.LSTM] | type[nn.GRU] = nn.LSTM) -> None:
        super().__init__()
        self.front, self.recurrent = front, kind(width, 24, batch_first=True)

    def forward(self, signal: Tensor) -> Tensor:
        states: Tensor = self.recurrent(self.front(signal).transpose(1, 2))[0]
        return states.mean(1)


class Branches(nn.Module):
    """Pools of stride 1 beside and between convolutions, as in an inception block."""

    def __init__(self) -> None:
        super().__init__()
        self.squeeze, self.wide = nn.Conv1d(1, 8, 9, 4, 4), nn.Conv1d(8, 8, 9, padding=4)
        self.pool, self.norm = nn.Sequential(nn.MaxPool1d(3, 1, 1), nn.Conv1d(8, 8, 1)), nn.BatchNorm1d(16)
        self.second = nn.Sequential(nn.MaxPool1d(3, 1, 1), nn.Conv1d(16, 16, 9, padding=4), nn.ReLU())

    def forward(self, signal: Tensor) -> Tensor:
        squeezed = self.squeeze(signal)
        joined = torch.cat([self.wide(squeezed), self.pool(squeezed)], 1)
        answers: Tensor = self.second(torch.relu(self.norm(joined)))
        return answers.mean(2)


def _front() -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(1, 16, 31, 8, 15), nn.ReLU())


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "flatten": lambda: Measured(nn.Sequential(_front(), nn.Conv1d(16, 16, 5, 4, 2), nn.ReLU(), nn.Flatten()), 256),
    "lstm": lambda: Measured(Recurrent(Patches(), 32), 24),
    "cnn-lstm": lambda: Measured(Recurrent(_front(), 16), 24),
    "branches": lambda: Measured(Branches(), 16),
    "linear": lambda: Measured(nn.Sequential(nn.Flatten(), nn.Linear(WINDOW, 32), nn.ReLU()), 32),
    "gru": lambda: Measured(Recurrent(Patches(), 32, nn.GRU), 24),
}

# Networks of recurrent layers alone are traced, which takes a moment; dynamo takes seconds, and has cnn-lstm.
EXPORTERS: dict[str, ExporterName] = {"lstm": "legacy", "gru": "legacy"}


def write_network(name: str, folder: Path) -> Path:
    """Write one of the networks, with random weights, as a build leaves it before it is quantized."""
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    with warnings.catch_warnings():
        # PyTorch's exporters warn of the parameters of its own recurrent layers.
        warnings.simplefilter("ignore", UserWarning)
        options = ExportOptions(EXPORTERS.get(name, "dynamo"))
        traced_model = traced(network, torch.zeros(2, 1, WINDOW), ("logits", "distance"), (0,), options)
    model = slimmed(traced_model)
    onnx.helper.set_model_props(model, {"name": name, "window": str(WINDOW)})
    exported = folder / f"{name}-exported.onnx"
    exported.write_bytes(model.SerializeToString())
    return optimize(exported, folder / f"{name}.onnx", "basic").path
