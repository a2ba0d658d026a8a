"""Every kind of small network: fine-tuned with its rounding, written, and run by onnxruntime."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from build_scripts.data.signals import SignalSet
from build_scripts.errors import FineTuningError, GateFailed, QuantizationError
from build_scripts.evidence.measure import onnx_property
from build_scripts.quantization.operators import executed_operators
from build_scripts.quantization.qat.any_network import AwareFile, train_aware
from build_scripts.quantization.qat.prepare import AwareConfig
from build_scripts.quantization.rewriting.pools import slow_pools
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import Condition
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.quantization.qat.conftest import CONFIG, FIXED, Made, model_of_kind
from tests.build_scripts.quantization.qat.networks import WINDOW, tones

# What onnxruntime runs in integers of each kind, and what stays float32 beside the head.
INTEGERS = {
    "pooled": {"QLinearConv": 2, "QGemm": 1},
    "residual": {"QLinearConv": 4, "QLinearAdd": 1},
    "branches": {"QLinearConv": 5, "QGemm": 2},
    "linears": {"MatMulIntegerToFloat": 1, "QGemm": 2},
    "recurrent": {"QLinearConv": 1},
}
FLOATS = {"Conv", "FusedConv", "NhwcFusedConv", "MatMul", "ConvInteger"}
LAYERS = {
    "pooled": ("0", "4", "8"),
    "residual": ("stem", "twice", "last"),
    "branches": ("stem", "branches.0.0", "branches.1.0", "branches.2.0", "squeeze", "excite", "mix"),
    "linears": ("matmul", "layers.0", "layers.3"),
    "recurrent": ("front.0",),
}


def fake_quantized(made: Made, windows: Float32Array) -> Float32Array:
    with torch.no_grad():
        logits: Float32Array = made.result.network(torch.from_numpy(windows)).numpy()
    return logits


def test_its_layers_run_in_integers(made: Made) -> None:
    operators = executed_operators(made.result.path)
    assert {name: operators[name] for name in INTEGERS[made.kind]} == INTEGERS[made.kind]
    assert not FLOATS & set(operators)
    # The head alone: too small a matrix to gain anything.
    assert operators["Gemm"] + operators["FusedGemm"] == 1


def test_the_report_names_what_runs_in_integers_and_what_does_not(made: Made) -> None:
    assert made.result.layers == LAYERS[made.kind]
    recurrent = {"LSTM": 1} if made.kind == "recurrent" else {}
    assert made.result.floating == {"small linear layer": 1} | recurrent


def test_the_file_gives_what_the_network_was_trained_to_give(made: Made) -> None:
    windows, _ = tones()
    got, wanted = OnnxEngine(made.result.path).run(windows).logits, fake_quantized(made, windows)
    # A value that lies between two integers may become either: a step of one grid, 1/255 of a range, here or there.
    assert np.abs(got - wanted).max() < 3 / 255 * np.ptp(wanted)
    assert (got.argmax(axis=1) == wanted.argmax(axis=1)).all()
    assert made.result.max_abs_difference < 3 / 255 * np.ptp(wanted)


def test_it_learns_and_leaves_the_given_network_as_it_was(made: Made) -> None:
    assert len(made.result.losses) == CONFIG.epochs
    assert made.result.losses[-1] < made.result.losses[0]
    given, untouched = made.model.network.state_dict(), model_of_kind(made.kind).network.state_dict()
    assert all(torch.equal(given[name], tensor) for name, tensor in untouched.items())


def test_the_length_is_free_where_it_was_asked_for(made: Made) -> None:
    dimension = onnx.load(made.result.path).graph.input[0].type.tensor_type.shape.dim[2]
    assert (dimension.dim_value == WINDOW) == (made.kind in FIXED)
    length = WINDOW if made.kind in FIXED else WINDOW + 96
    assert OnnxEngine(made.result.path).run(np.zeros((3, 1, length), np.float32)).logits.shape == (3, 3)


def test_the_file_names_its_model(made: Made) -> None:
    assert (onnx_property(made.result.path, "name"), onnx_property(made.result.path, "version")) == (made.kind, "4")


def test_too_few_records_and_a_loss_without_bounds_are_refused(tone_records: SignalSet, tmp_path: Path) -> None:
    model, target = model_of_kind("linears"), AwareFile(tmp_path / "int8.onnx", free_length=False)
    with pytest.raises(FineTuningError, match="96 training records do not fill a batch of 97"):
        train_aware(model, tone_records, target, AwareConfig(batch_size=97), lambda network: network)
    with pytest.raises(FineTuningError, match="lower the learning rate"):
        train_aware(model, tone_records, target, AwareConfig(batch_size=8, learning_rate=1e30), lambda network: network)
    assert not target.path.exists()


def test_a_network_of_conditions_is_refused(tone_records: SignalSet, tmp_path: Path) -> None:
    model = model_of_kind("linears")
    speed = Condition(name="shaft_speed_rpm", unit="rpm", minimum=0.0, maximum=3000.0)
    taking = replace(model, description=replace(model.description, conditions=(speed,)))
    with pytest.raises(QuantizationError, match="this one takes conditions of operation too"):
        train_aware(taking, tone_records, AwareFile(tmp_path / "int8.onnx"), CONFIG, lambda network: network)


def test_no_pool_runs_by_the_slow_kernel(
    tone_records: SignalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = nn.Sequential(
        *(nn.Conv1d(1, 16, 15, 4, 7), nn.GELU(), nn.Flatten(), nn.Unflatten(1, (16, 64))),
        *(nn.MaxPool1d(3, 1, 1), nn.Flatten(), nn.Linear(16 * 64, 3)),
    )
    model = replace(model_of_kind("pooled"), network=network.eval())
    config, target = replace(CONFIG, epochs=1), AwareFile(tmp_path / "int8.onnx", free_length=False)
    with monkeypatch.context() as patch:
        patch.setattr("build_scripts.quantization.qat.any_network.SIDES", ())
        train_aware(model, tone_records, target, config, lambda tuned: tuned)
        assert len(slow_pools(target.path)) == 1
    train_aware(model, tone_records, target, config, lambda tuned: tuned)
    assert slow_pools(target.path) == set()
    assert executed_operators(target.path)["QGemm"] == 1


def test_a_file_that_is_not_what_was_trained_is_refused(
    tone_records: SignalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("build_scripts.quantization.qat.any_network.MIN_AGREEMENT", 1.1)
    target = AwareFile(tmp_path / "int8.onnx", free_length=False)
    with pytest.raises(GateFailed, match="integers as trained"):
        train_aware(model_of_kind("linears"), tone_records, target, replace(CONFIG, epochs=1), lambda network: network)
