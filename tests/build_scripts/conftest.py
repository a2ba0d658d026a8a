from collections.abc import Iterator
from copy import copy
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from torch import nn
from torch._export import utils as export_utils
from torch.onnx._internal.exporter._registration import ONNXRegistry

from build_scripts.build_cli.parser import MODELS
from build_scripts.data.records import RecordSet
from build_scripts.data.simulate import SimulationConfig, simulate
from build_scripts.data.simulation.classes import FAULT_CLASSES
from build_scripts.export.export import ExportedModel, export, export_network
from build_scripts.networks.checkpoint import Checkpoint, ModelDescription, load_checkpoint, save_checkpoint
from build_scripts.networks.network import NetworkConfig, Stage
from build_scripts.networks.trained import TrainedModel
from build_scripts.quantization.static import QuantizationConfig, quantize
from build_scripts.training.train import TrainingConfig, train

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
WINDOW = 20480


def shipped_package(name: str) -> Path:
    """Return the folder of a shipped model, of its only version."""
    (folder,) = (path.parent for path in MODELS.glob(f"{name}/*/manifest.json"))
    return folder


DESCRIPTION = ModelDescription(
    name="tiny",
    title="A tiny network",
    classes=tuple((fault.id, fault.name) for fault in FAULT_CLASSES),
    window=WINDOW,
    sample_rate_hz=20480.0,
    unit="g",
)
NETWORK = NetworkConfig(
    channels=1, classes=11, stages=(Stage(16, 31, 16), Stage(32, 9, 8), Stage(32, 9, 2)), pooled=(1, -1)
)
TRAINING = TrainingConfig(epochs=2, batch_size=16, novelty_windows=200, seed=3, threads=1)


@pytest.fixture(scope="session", autouse=True)
def operators_read_once() -> Iterator[None]:
    """Let PyTorch's exporter look its operators up once, and not at each export, where it takes half of the time.

    It reads the source of those for ONNX: here once for each opset, and every export gets a registry of its own, since
    it adds to it. And it makes all that are composed of others, for each of their namespaces.
    """
    made = cache(ONNXRegistry.from_torchlib)

    def from_torchlib(**version: int) -> ONNXRegistry:
        registry = copy(made(**version))
        registry.functions = {target: list(functions) for target, functions in registry.functions.items()}
        return registry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(from_torchlib))
        patch.setattr(export_utils, "_materialize_cpp_cia_ops", cache(export_utils._materialize_cpp_cia_ops))
        yield


@pytest.fixture(scope="session")
def records() -> RecordSet:
    """One simulated record of each class and severity."""
    return simulate(SimulationConfig(records_per_cell=1, seed=5))


@pytest.fixture(scope="session")
def checkpoint_path(records: RecordSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint")
    return save_checkpoint(train(records, DESCRIPTION, NETWORK, TRAINING, folder / "state.pt"), folder / "tiny.pt")


@pytest.fixture(scope="session")
def checkpoint(checkpoint_path: Path) -> Checkpoint:
    return load_checkpoint(checkpoint_path)


@pytest.fixture(scope="session")
def exported(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> ExportedModel:
    return export(checkpoint, tmp_path_factory.mktemp("export") / "tiny.onnx", version="3")


@pytest.fixture(scope="session")
def quantized(exported: ExportedModel, records: RecordSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    windows = np.concatenate([records.windows(index, WINDOW)[:1] for index in range(len(records))])
    return quantize(exported.path, windows, tmp_path_factory.mktemp("quantize") / "tiny.onnx", QuantizationConfig())


@pytest.fixture(scope="session")
def reference_records() -> Path:
    path = SHARED / "data" / "journal-bearing" / "reference_val.npz"
    if not path.exists():
        pytest.skip(f"the reference records are not on this machine: {path}")
    return path


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a build's work files, in place of the checkout's build/models."""
    folder = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("build_scripts.build_cli.commands.making.WORK", folder)
        yield folder


@pytest.fixture(scope="session")
def shipped_models() -> Path:
    return MODELS


@pytest.fixture(scope="session")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float32 model without a convolution: there is nothing in it that could run as QLinearConv."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(WINDOW, 11)).eval()
    model = TrainedModel(DESCRIPTION, 1, network, ("logits",), Path("dense.pt"))
    return export_network(model, tmp_path_factory.mktemp("dense") / "dense.onnx").path
