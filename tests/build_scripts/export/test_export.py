from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import ExportError, ValidationFailed
from build_scripts.export import export as export_step
from build_scripts.export.causes import NEEDS_LENGTH
from build_scripts.export.export import ExportedModel, export, export_network
from build_scripts.export.optimize import optimize
from build_scripts.export.torch_export import ExportOptions
from build_scripts.networks.checkpoint import Checkpoint, ModelDescription, restore_network
from build_scripts.networks.trained import TrainedModel, model_of
from functions.core.models.engine import OnnxEngine


def test_the_difference_to_pytorch_is_within_the_gate(exported: ExportedModel) -> None:
    assert 0 < exported.max_abs_difference <= 1e-4


def test_the_names_and_free_dimensions_are_the_contract(exported: ExportedModel) -> None:
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    (signal,) = session.get_inputs()
    assert (signal.name, signal.type, signal.shape[1]) == ("signal", "tensor(float)", 1)
    assert isinstance(signal.shape[0], str)
    assert isinstance(signal.shape[2], str)
    assert [output.name for output in session.get_outputs()] == ["logits", "distance"]


@pytest.mark.parametrize(("batch", "length"), [(1, 20480), (5, 20480), (2, 10000)])
def test_any_batch_and_length_run_as_in_pytorch(
    exported: ExportedModel, checkpoint: Checkpoint, batch: int, length: int
) -> None:
    windows = np.random.default_rng(1).normal(0, 0.3, (batch, 1, length)).astype(np.float32)
    output = OnnxEngine(exported.path).run(windows)
    logits, distance = restore_network(checkpoint)(torch.from_numpy(windows))
    np.testing.assert_allclose(output.logits, logits.detach().numpy(), atol=1e-4)
    assert output.distance is not None
    np.testing.assert_allclose(output.distance, distance.detach().numpy(), rtol=1e-4)


def test_the_file_says_what_it_is(exported: ExportedModel) -> None:
    properties = {entry.key: entry.value for entry in onnx.load(exported.path).metadata_props}
    assert properties["name"] == "tiny"
    assert properties["version"] == "3"
    assert properties["classes"].startswith("healthy,misalignment,")
    assert (properties["sample_rate_hz"], properties["window"], properties["unit"]) == ("20480", "20480", "g")


def test_nothing_of_the_exporter_is_left(exported: ExportedModel) -> None:
    graph = onnx.load(exported.path).graph
    assert not graph.value_info
    assert not any(node.doc_string or node.metadata_props for node in graph.node)
    assert "BatchNormalization" not in {node.op_type for node in graph.node}


def test_a_difference_above_the_gate_raises(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(export_step.contract_of(model_of(checkpoint)), tolerance=0.0)
    monkeypatch.setattr(export_step, "contract_of", lambda _, *, free: strict)
    with pytest.raises(ValidationFailed, match=r"logits at batch 1, length 20480 differs by .*, limit 0"):
        export(checkpoint, tmp_path / "bad.onnx")


class Asserting(nn.Module):
    """As many published models: the length is asserted."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(64, 2)

    def forward(self, signal: Tensor) -> Tensor:
        assert signal.shape[-1] == 64, "wrong length"
        logits: Tensor = self.head(signal[:, 0])
        return logits


class Flattening(nn.Module):
    """Raises an IndexError at any other length."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(64, 2)

    def forward(self, signal: Tensor) -> Tensor:
        logits: Tensor = self.head(signal[:, 0, [63 - place for place in range(64)]])
        return logits if signal.shape[2] <= 64 else logits[:, [5]]


class Pooled(nn.Sequential):
    """Runs at every length, but the exported pooling is right at one alone."""

    def __init__(self) -> None:
        super().__init__(nn.Conv1d(1, 4, 9, 2, 4), nn.ReLU(), nn.AdaptiveMaxPool1d(4), nn.Flatten(), nn.Linear(16, 2))


class Branching(nn.Module):
    """Scales loud windows alone."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Pooled()

    def forward(self, signal: Tensor) -> Tensor:
        logits: Tensor = self.inner(signal / signal.abs().max() if signal.abs().max() > 10 else signal)
        return logits


def one_length(network: nn.Module) -> TrainedModel:
    description = ModelDescription("one", "One", (("a", "A"), ("b", "B")), 64, 100.0, "g")
    torch.manual_seed(0)
    return TrainedModel(description, 1, network.eval(), ("logits",), Path("one.pt"))


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (Asserting, "at a length of 32 samples the network does not run: wrong length"),
        (Flattening, "at a length of 32 samples the network does not run: index 63 is out of bounds"),
        (Pooled, f"PyTorch's dynamo exporter cannot export the network: {NEEDS_LENGTH}"),
    ],
)
def test_a_network_of_one_length_is_exported_for_it(
    network: type[nn.Module], reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "build"):
        exported = export_network(one_length(network()), tmp_path / "m.onnx")
    assert exported.fixed_length is not None
    assert exported.fixed_length.startswith(reason)
    assert [record.getMessage() for record in caplog.records if "length" in record.getMessage()] == [
        f"the length is fixed at 64 samples: {exported.fixed_length}"
    ]
    batch, channels, length = onnx.load(exported.path).graph.input[0].type.tensor_type.shape.dim
    assert batch.dim_param
    assert (channels.dim_value, length.dim_value) == (1, 64)
    assert optimize(exported.path, tmp_path / "o.onnx", "basic").max_abs_difference <= 1e-4


def test_a_free_length_that_is_asked_for_is_free_or_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r'With a free length: at a length of 32 .*\. length = "fixed" in \[export\]'):
        export_network(one_length(Asserting()), tmp_path / "m.onnx", options=ExportOptions(length="free"))
    assert not (tmp_path / "m.onnx").exists()


def test_a_fixed_length_that_is_asked_for_is_fixed(tmp_path: Path) -> None:
    free = nn.Sequential(nn.Conv1d(1, 2, 9), nn.AdaptiveAvgPool1d(1), nn.Flatten())
    exported = export_network(one_length(free), tmp_path / "m.onnx", options=ExportOptions(length="fixed"))
    assert exported.fixed_length == "the recipe asks for it"
    assert onnx.load(exported.path).graph.input[0].type.tensor_type.shape.dim[2].dim_value == 64


def test_a_branch_on_values_is_refused_with_what_to_write_instead(tmp_path: Path) -> None:
    with pytest.raises(
        ExportError, match=r"torch\.where chooses between two answers without a branch\. Where the branch is a check"
    ):
        export_network(one_length(Branching()), tmp_path / "m.onnx", options=ExportOptions(length="fixed"))
