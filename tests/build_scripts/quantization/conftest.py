"""A small network of random weights, in float32 ONNX, and windows of noise to calibrate it with."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from build_scripts.export.onnx_file import slimmed
from build_scripts.export.torch_export import traced
from build_scripts.networks.network import BearingNetwork, NetworkConfig, Stage
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.quantization import networks
from tests.build_scripts.quantization.networks import write_network

WINDOW = 2048
STAGES = (Stage(8, 15, 4), Stage(16, 9, 4), Stage(16, 5, 2))


@pytest.fixture(scope="session")
def network() -> BearingNetwork:
    torch.manual_seed(0)
    return BearingNetwork(NetworkConfig(channels=1, classes=5, stages=STAGES)).eval()


@pytest.fixture(scope="session")
def fp32(network: BearingNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "fp32.onnx"
    model = slimmed(traced(network, torch.zeros(2, 1, WINDOW), ("logits",), dynamic=(0, 2)))
    onnx.helper.set_model_props(model, {"name": "small", "window": str(WINDOW)})
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture(scope="session")
def windows() -> Float32Array:
    """Noise with one spike in each window: the methods of calibration judge it differently."""
    noise = np.random.default_rng(0).normal(0.0, 0.3, (12, 1, WINDOW)).astype(np.float32)
    noise[:, :, 5] = 6.0
    return noise


@pytest.fixture(scope="session")
def convolutions(fp32: Path) -> list[str]:
    return [node.name for node in onnx.load(fp32).graph.node if node.op_type == "Conv"]


@pytest.fixture(scope="session")
def network_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Files of the networks of tests/build_scripts/quantization/networks.py by name, each written once."""
    folder = tmp_path_factory.mktemp("networks")
    return cache(lambda name: write_network(name, folder))


@pytest.fixture(scope="session")
def noise() -> Float32Array:
    """Windows for these networks."""
    return np.random.default_rng(1).normal(0.0, 0.5, (8, 1, networks.WINDOW)).astype(np.float32)
