from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import ExportError, ValidationFailed
from build_scripts.export.export import export, export_network
from build_scripts.export.torch_export import ExporterName, ExportOptions, traced
from build_scripts.networks.checkpoint import Checkpoint, ModelDescription
from build_scripts.networks.trained import TrainedModel

DESCRIPTION = ModelDescription("small", "Small", (("a", "A"), ("b", "B")), 256, 100.0, "g")
BOTH = pytest.mark.parametrize("exporter", ["dynamo", "legacy"])


class Unsupported(nn.Module):
    def forward(self, signal: Tensor) -> Tensor:
        waves: Tensor = torch.special.bessel_j0(signal)
        return waves.mean(dim=2).repeat(1, 2)


class Branching(nn.Module):
    def forward(self, signal: Tensor) -> Tensor:
        pooled = signal.mean(dim=2) if signal.abs().sum() > 0 else signal.amax(dim=2)
        return pooled.repeat(1, 2)


class Loud(nn.Module):
    """Scales a signal that is far louder than what networks are tried with."""

    def forward(self, signal: Tensor) -> Tensor:
        pooled = signal.std(dim=2) + 1
        return (pooled / pooled.max() if signal.abs().max() > 100 else pooled).repeat(1, 2)


class Checked(nn.Module):
    """Refuses what no signal is."""

    def forward(self, signal: Tensor) -> Tensor:
        if signal.isnan().any():
            raise ValueError("no signal")
        return signal.mean(dim=2).repeat(1, 2)


class Recurrent(nn.Module):
    """Two layers in both directions, of which the answers of all steps are read."""

    def __init__(self, layer: type[nn.LSTM | nn.GRU | nn.RNN]) -> None:
        super().__init__()
        self.front = nn.Conv1d(1, 3, 8, 8)
        self.layers, self.head = layer(3, 4, 2, batch_first=True, bidirectional=True), nn.Linear(8, 2)

    def forward(self, signal: Tensor) -> Tensor:
        steps, _ = self.layers(self.front(signal).transpose(1, 2))
        logits: Tensor = self.head(steps.mean(dim=1))
        return logits


class Neighbours(nn.Module):
    def forward(self, signal: Tensor) -> Tensor:
        return signal.mean(dim=2).cumsum(dim=0).repeat(1, 2)


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.head = nn.Conv1d(1, 4, 9, 2), nn.Linear(8, 2)

    def forward(self, signal: Tensor) -> Tensor:
        hidden = torch.relu(self.convolution(signal))
        mean = nn.functional.adaptive_avg_pool1d(hidden, 1).flatten(1)
        logits: Tensor = self.head(torch.cat([mean, hidden.amax(dim=2)], dim=1))
        return logits


def small(network: nn.Module) -> TrainedModel:
    return TrainedModel(DESCRIPTION, 1, network.eval(), ("logits",), Path("small.pt"))


@BOTH
@pytest.mark.parametrize("opset", [18, 20])
def test_both_exporters_prove_batch_and_length_free(tmp_path: Path, exporter: ExporterName, opset: int) -> None:
    exported = export_network(small(Head()), tmp_path / "m.onnx", options=ExportOptions(exporter, opset))
    assert exported.max_abs_difference <= 1e-5
    model = onnx.load(exported.path)
    assert {entry.domain: entry.version for entry in model.opset_import}[""] == opset
    assert {entry.key: entry.value for entry in model.metadata_props}["exporter"] == f"torch-{exporter}"
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert [bool(dimension.dim_param) for dimension in shape] == [True, False, True]


def test_the_legacy_exporter_takes_this_project_s_network(checkpoint: Checkpoint, tmp_path: Path) -> None:
    exported = export(checkpoint, tmp_path / "m.onnx", options=ExportOptions("legacy"))
    assert exported.max_abs_difference <= 1e-4


@BOTH
def test_an_operator_that_onnx_lacks_is_named(tmp_path: Path, exporter: ExporterName) -> None:
    with pytest.raises(ExportError, match=f"{exporter} exporter cannot export the network: .*bessel_j0"):
        export_network(small(Unsupported()), tmp_path / "m.onnx", options=ExportOptions(exporter))
    assert not (tmp_path / "m.onnx").exists()


class Distances(nn.Module):
    """Of means from four prototypes: an operator that only the legacy exporter has."""

    def __init__(self) -> None:
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(2, 1))

    def forward(self, signal: Tensor) -> Tensor:
        return -torch.cdist(signal.mean(dim=2), self.prototypes)


def test_an_exporter_that_is_left_open_is_the_one_that_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO", "build")
    exported = export_network(small(Distances()), tmp_path / "m.onnx", options=ExportOptions(None))
    assert (exported.method, exported.fixed_length) == ("torch-legacy", None)
    assert "the legacy exporter is tried: PyTorch's dynamo exporter cannot export" in caplog.text
    with pytest.raises(ExportError, match=r"dynamo exporter cannot export the network: .*bessel_j0\.$"):
        export_network(small(Unsupported()), tmp_path / "u.onnx", options=ExportOptions(None))
    assert "the legacy exporter cannot export it either" in caplog.messages
    with pytest.raises(ExportError, match="data-dependent"):
        export_network(small(Branching()), tmp_path / "b.onnx", options=ExportOptions(None))
    assert capfd.readouterr() == ("", "")


class Causal(nn.Module):
    """A Transformer's layers with the mask that hides later steps."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = nn.Linear(32, 8), nn.Linear(8, 2)
        layer = nn.TransformerEncoderLayer(8, 2, 8, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(8))

    def forward(self, signal: Tensor) -> Tensor:
        steps = self.layers(self.embed(signal.reshape(-1, 8, 32)), mask=self.mask)
        logits: Tensor = self.head(steps[:, -1])
        return logits


def test_a_mask_that_a_transformer_looks_at_is_no_branch(tmp_path: Path) -> None:
    exported = export_network(small(Causal()), tmp_path / "m.onnx", options=ExportOptions(length="fixed"))
    assert (exported.method, exported.max_abs_difference <= 1e-5) == ("torch-dynamo", True)


class Projected(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers, self.head = nn.LSTM(1, 8, batch_first=True, proj_size=2), nn.Linear(2, 2)

    def forward(self, signal: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layers(signal.transpose(1, 2))[0][:, -1])
        return logits


def test_a_projection_in_an_lstm_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"LSTM with proj_size, which layers has: train it without"):
        export_network(small(Projected()), tmp_path / "m.onnx", options=ExportOptions(None))


def test_a_branch_on_data_is_refused_by_one_and_found_by_the_proof_of_the_other(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="data-dependent"):
        export_network(small(Branching()), tmp_path / "m.onnx")
    with pytest.raises(ValidationFailed, match=r"logits .* differs by"):
        export_network(small(Branching()), tmp_path / "m.onnx", options=ExportOptions("legacy"))


def test_a_branch_that_only_loud_signals_take_is_found(tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed, match=r"signal a thousand times as loud differs by .*torch\.where"):
        export_network(small(Loud()), tmp_path / "m.onnx", options=ExportOptions("legacy"))


def test_a_check_that_no_signal_fails_is_left_out_by_the_other_exporter(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r'a check that no signal fails, exporter = "legacy"'):
        export_network(small(Checked()), tmp_path / "m.onnx")
    exported = export_network(small(Checked()), tmp_path / "m.onnx", options=ExportOptions("legacy"))
    assert exported.fixed_length is None


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_network_keeps_a_free_length_and_one_operator_a_layer(
    tmp_path: Path, layer: type[nn.LSTM | nn.GRU | nn.RNN]
) -> None:
    exported = export_network(small(Recurrent(layer)), tmp_path / "m.onnx")
    assert exported.fixed_length is None
    operators = [node.op_type for node in onnx.load(exported.path).graph.node]
    assert operators.count(layer.__name__) == 2
    assert not {"Loop", "Scan"}.intersection(operators)


@BOTH
def test_a_network_whose_answer_depends_on_the_batch_s_order_is_refused(tmp_path: Path, exporter: ExporterName) -> None:
    with pytest.raises(ValidationFailed, match="in turned order"):
        export_network(small(Neighbours()), tmp_path / "m.onnx", options=ExportOptions(exporter))


@pytest.mark.parametrize("opset", [17, 24])
def test_an_opset_that_is_not_offered_is_refused(tmp_path: Path, opset: int) -> None:
    with pytest.raises(ExportError, match=f"Opset {opset} is not offered: 18 to 23 are"):
        export_network(small(Head()), tmp_path / "m.onnx", options=replace(ExportOptions(), opset=opset))


class Steps(nn.Module):
    """Reads the batch's size as a number, which only Dynamo keeps free."""

    def forward(self, signal: Tensor) -> Tensor:
        return signal.reshape(len(signal), -1, 8).mean(dim=2)


def test_a_network_is_exported_however_often_its_code_was_traced_before() -> None:
    with torch._dynamo.config.patch(recompile_limit=1, fail_on_recompile_limit_hit=True):
        for length in (16, 24, 32):
            graph = traced(Steps().eval(), torch.zeros(2, 1, length), ("logits",), (0,)).graph
            assert graph.input[0].type.tensor_type.shape.dim[0].dim_param != ""
