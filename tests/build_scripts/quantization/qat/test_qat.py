"""Quantization-aware training, end to end on a task of three tones."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from build_scripts.errors import QuantizationError
from build_scripts.networks.network import BearingNetwork, NetworkConfig
from build_scripts.quantization.operators import executed_operators
from build_scripts.quantization.qat.fake_quantize import ActivationQuantizer
from build_scripts.quantization.qat.prepare import AwareConfig, folded, prepare, quantized_blocks
from build_scripts.quantization.qat.step import write_integer
from build_scripts.training.fine_tune import FineTuned, fine_tune
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.quantization.conftest import STAGES
from tests.support.batches import window_batches

WINDOW = 1024
TUNING = AwareConfig(epochs=5, learning_rate=5e-3, bits=7)


@pytest.fixture(scope="module")
def tones() -> tuple[Float32Array, NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 192)
    tones = np.sin(np.arange(WINDOW) * (0.1 + 0.2 * label[:, None])) + rng.normal(0.0, 0.3, (192, WINDOW))
    return tones.astype(np.float32)[:, None], label


@pytest.fixture(scope="module")
def untrained() -> BearingNetwork:
    torch.manual_seed(0)
    return BearingNetwork(NetworkConfig(channels=1, classes=3, stages=STAGES)).eval()


@pytest.fixture(scope="module")
def tuned(untrained: BearingNetwork, tones: tuple[Float32Array, NDArray[np.int64]]) -> FineTuned[nn.Module]:
    torch.set_num_threads(1)
    return fine_tune(prepare(untrained, TUNING.bits), window_batches(*tones, 32), TUNING)


@pytest.fixture(scope="module")
def integer(tuned: FineTuned[nn.Module], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qat") / "int8.onnx"
    return write_integer(tuned.network, torch.zeros(2, 1, WINDOW), ("logits",), path, {"name": "tones"})


def test_the_loss_falls(tuned: FineTuned[nn.Module]) -> None:
    assert len(tuned.losses) == 5
    assert tuned.losses[-1] < 0.5 * tuned.losses[0]


def test_the_same_seed_gives_the_same_losses(
    untrained: BearingNetwork, tones: tuple[Float32Array, NDArray[np.int64]]
) -> None:
    first, second = (
        fine_tune(prepare(untrained), window_batches(*tones, 96), AwareConfig(epochs=1)).losses for _ in range(2)
    )
    assert first == second


def test_every_convolution_of_the_file_is_integer(integer: Path) -> None:
    operators = executed_operators(integer)
    assert (operators["QLinearConv"], operators["Conv"], operators["ConvInteger"]) == (3, 0, 0)


def test_weights_have_seven_bits(integer: Path) -> None:
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(integer).graph.initializer]
    assert [int(np.abs(array).max()) for array in arrays if array.ndim == 4] == [63, 63, 63]


def test_the_integer_model_agrees_with_the_fake_quantized_one(
    tuned: FineTuned[nn.Module], integer: Path, tones: tuple[Float32Array, NDArray[np.int64]]
) -> None:
    windows, label = tones
    got = OnnxEngine(integer).run(windows).logits
    with torch.no_grad():
        wanted = tuned.network(torch.from_numpy(windows)).numpy()
    assert np.abs(got - wanted).max() < 0.02
    assert (got.argmax(axis=1) == wanted.argmax(axis=1)).all()
    assert (got.argmax(axis=1) == label).mean() > 0.95


def test_folding_keeps_what_the_network_says(untrained: BearingNetwork) -> None:
    trained = BearingNetwork(untrained.config)
    with torch.no_grad():
        trained(torch.randn(8, 1, WINDOW))
        signal = torch.randn(2, 1, WINDOW)
        difference = folded(prepare(trained))(signal) - trained.eval()(signal)
    assert float(difference.abs().max()) < 1e-5
    biases = [block.convolution.bias for block in quantized_blocks(prepare(trained)).values()]
    assert [bias is not None and bias.requires_grad for bias in biases] == [True, True, True]


def test_ranges_follow_with_their_momentum_and_stop_in_evaluation() -> None:
    quantizer = ActivationQuantizer(momentum=0.1)
    quantizer(torch.tensor([-1.0, 3.0]))
    quantizer(torch.tensor([-2.0, 4.0]))
    quantizer.eval()(torch.tensor([-50.0, 50.0]))
    assert (float(quantizer.low), float(quantizer.high)) == pytest.approx((-1.1, 3.1))
    scale, zero_point = quantizer.grid()
    assert float(scale) == pytest.approx(4.2 / 255)
    assert int(zero_point) == 67


def test_gradients_pass_straight_through_inside_the_range_only() -> None:
    quantizer = ActivationQuantizer(momentum=0.1)
    quantizer(torch.tensor([0.0, 1.0]))
    values = torch.tensor([0.3, 2.0], requires_grad=True)
    quantizer.eval()(values).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [1.0, 0.0]


def test_a_network_that_was_not_trained_has_no_ranges(untrained: BearingNetwork) -> None:
    with pytest.raises(QuantizationError, match="no range yet"):
        prepare(untrained)(torch.zeros(1, 1, WINDOW))


def test_what_cannot_be_prepared_is_refused(untrained: BearingNetwork) -> None:
    with pytest.raises(QuantizationError, match="7 or 8 bits, not 4"):
        prepare(untrained, bits=4)
    with pytest.raises(QuantizationError, match="0 of 1 convolutions"):
        prepare(nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()))
