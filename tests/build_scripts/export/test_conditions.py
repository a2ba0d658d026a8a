"""A network with a second input, conditions of operation: exported, validated, optimized."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import ValidationFailed
from build_scripts.export.export import contract_of, export_network
from build_scripts.export.onnx_file import properties
from build_scripts.export.optimize import optimize
from build_scripts.export.passes.parity import random_inputs
from build_scripts.export.torch_export import ExporterName, ExportOptions
from build_scripts.export.validate import Contract, validate
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.conditions import read_conditions
from build_scripts.networks.trained import TrainedModel
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import Condition

# Its logarithm is no number outside the range: what is tried must lie inside.
SPEED = Condition(name="shaft_speed_rpm", unit="rpm", minimum=600, maximum=6000)
LOAD = Condition(name="load", unit="kN", minimum=0, maximum=2, required=False, default=1)
WINDOW = 64
DESCRIPTION = ModelDescription("toy", "Toy", (("a", "A"), ("b", "B")), WINDOW, 100.0, "g", (SPEED, LOAD))


class ConditionedNetwork(nn.Module):
    """Pooled features of one convolution beside the logarithm of the speed and the load."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(1, 4, 5)
        self.head = nn.Linear(6, 2)

    def forward(self, signal: Tensor, conditions: Tensor) -> Tensor:
        pooled = self.convolution(signal).relu().mean(dim=2)
        logits: Tensor = self.head(torch.cat([pooled, conditions[:, :1].log() / 8, conditions[:, 1:]], dim=1))
        return logits


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    torch.manual_seed(0)
    return TrainedModel(DESCRIPTION, 1, ConditionedNetwork().eval(), ("logits",), Path("toy.pt"))


@pytest.mark.parametrize("exporter", ["dynamo", "legacy"])
def test_both_exporters_write_two_inputs_of_free_batch(
    model: TrainedModel, tmp_path: Path, exporter: ExporterName
) -> None:
    exported = export_network(model, tmp_path / "toy.onnx", options=ExportOptions(exporter))
    assert exported.fixed_length is None
    assert exported.max_abs_difference < 1e-5
    written = onnx.load(exported.path)
    signal, conditions = ([dim.dim_value for dim in one.type.tensor_type.shape.dim] for one in written.graph.input)
    assert ([one.name for one in written.graph.input], signal, conditions) == (
        ["signal", "conditions"],
        [0, 1, 0],
        [0, 2],
    )
    assert read_conditions(properties(written)) == [SPEED, LOAD]
    windows = np.random.default_rng(0).normal(size=(3, 1, WINDOW)).astype(np.float32)
    rows = np.array([[600, 0], [6000, 2], [1800, 1]], np.float32)
    with torch.no_grad():
        expected = model.network(torch.from_numpy(windows), torch.from_numpy(rows)).numpy()
    assert OnnxEngine(exported.path).run(windows, rows).logits == pytest.approx(expected, abs=1e-5)


def test_optimizing_keeps_both_inputs_and_tries_them_within_their_ranges(model: TrainedModel, tmp_path: Path) -> None:
    exported = export_network(model, tmp_path / "toy.onnx", options=ExportOptions("legacy"))
    optimized = optimize(exported.path, tmp_path / "optimized.onnx", "basic")
    assert optimized.max_abs_difference < 1e-5
    kept = onnx.load(optimized.path)
    assert read_conditions(properties(kept)) == [SPEED, LOAD]
    rows = random_inputs(kept, 7, WINDOW)["conditions"]
    assert rows.shape == (7, 2)
    assert ((rows >= [600, 0]) & (rows <= [6000, 2])).all()


def test_a_file_without_the_second_input_is_not_valid(model: TrainedModel, tmp_path: Path) -> None:
    exported = export_network(model, tmp_path / "toy.onnx", options=ExportOptions("legacy"))
    with pytest.raises(ValidationFailed, match=r"its inputs are \['signal', 'conditions'\], not \['signal'\]"):
        validate(exported.path, model.network, Contract(("logits",), 1, (WINDOW,)))
    assert validate(exported.path, model.network, contract_of(model)).max_abs_difference < 1e-5
