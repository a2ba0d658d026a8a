"""Each kind of small network, fine-tuned with its rounding and written, once for all tests."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from build_scripts.data.signals import SignalSet
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.trained import LOGITS, TrainedModel
from build_scripts.quantization.qat.any_network import AwareFile, AwareResult, train_aware
from build_scripts.quantization.qat.prepare import AwareConfig
from tests.build_scripts.quantization.qat.networks import CLASSES, KINDS, WINDOW, tones, trained

CONFIG = AwareConfig(epochs=3, batch_size=32, learning_rate=3e-3)
# What takes windows of one length alone.
FIXED = {"linears"}


@dataclass(frozen=True)
class Made:
    """A kind, its model before the fine-tuning, and what the fine-tuning gave."""

    kind: str
    model: TrainedModel
    result: AwareResult


def model_of_kind(kind: str) -> TrainedModel:
    """Return a kind of network as a model that is to be fine-tuned."""
    classes = tuple((f"tone-{index}", f"Tone {index}") for index in range(CLASSES))
    description = ModelDescription(kind, kind.capitalize(), classes, WINDOW, 1000.0, "g")
    return TrainedModel(description, 1, trained(kind), (LOGITS,), Path("weights.pt"))


@pytest.fixture(scope="session")
def tone_records() -> SignalSet:
    """The tones as records of one window each."""
    windows, label = tones()
    names = tuple(f"tone-{index}" for index in range(CLASSES))
    return SignalSet(windows, label, 1000.0, names, np.zeros(len(label), np.int64), ("all",))


# An LSTM takes seconds to export: `make test-networks`.
SLOW = {"recurrent"}


@pytest.fixture(
    scope="session", params=[pytest.param(kind, marks=pytest.mark.networks if kind in SLOW else ()) for kind in KINDS]
)
def made(request: pytest.FixtureRequest, tone_records: SignalSet, tmp_path_factory: pytest.TempPathFactory) -> Made:
    torch.set_num_threads(1)
    model = model_of_kind(request.param)
    target = AwareFile(tmp_path_factory.mktemp("aware") / "int8.onnx", "4", free_length=request.param not in FIXED)
    return Made(request.param, model, train_aware(model, tone_records, target, CONFIG, lambda network: network))
