"""A network trained on three tones in noise: small, quick, and right nearly always."""

from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.networks.checkpoint import Checkpoint, ModelDescription, load_checkpoint, save_checkpoint
from build_scripts.networks.network import NetworkConfig, Stage
from build_scripts.training.train import TrainingConfig, train

WINDOW, RATE_HZ = 256, 1000.0
CLASSES = (("low", "Low tone"), ("middle", "Middle tone"), ("high", "High tone"))
DESCRIPTION = ModelDescription("tones", "Three tones", CLASSES, WINDOW, RATE_HZ, "g")
NETWORK = NetworkConfig(
    channels=1, classes=3, stages=(Stage(16, 15, 4), Stage(24, 9, 4), Stage(16, 5, 2)), pooled=(1, -1)
)
TRAINING = TrainingConfig(epochs=6, batch_size=16, novelty_windows=300, seed=3, threads=1)


@pytest.fixture(scope="session")
def records() -> RecordSet:
    """Records of 300 samples: 32 of each tone."""
    rng, label = np.random.default_rng(0), np.arange(96) % 3
    tones = np.sin(np.arange(300) * (0.2 + 0.3 * label[:, None])) + rng.normal(0.0, 0.5, (96, 300))
    return RecordSet(
        counts=np.rint(tones * 1000).astype(np.int16),
        scale_g=1e-3,
        label=label,
        severity=np.zeros(96, np.int64),
        rpm=np.full(96, 3000.0, np.float32),
        sample_rate_hz=RATE_HZ,
        class_names=tuple(identifier for identifier, _ in CLASSES),
        severity_names=("none",),
    )


@pytest.fixture(scope="session")
def checkpoint_path(records: RecordSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tones")
    return save_checkpoint(train(records, DESCRIPTION, NETWORK, TRAINING, folder / "state.pt"), folder / "tones.pt")


@pytest.fixture(scope="session")
def checkpoint(checkpoint_path: Path) -> Checkpoint:
    return load_checkpoint(checkpoint_path)
