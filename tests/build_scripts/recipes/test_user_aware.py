"""The step qat with a recipe of one's own, on a small network and noise of four levels."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from build_scripts.__main__ import main
from build_scripts.data.labelled import read_labelled
from build_scripts.evidence.card.step import read_package
from build_scripts.evidence.measure import onnx_property
from build_scripts.quantization.qat.any_network import AwareFile
from build_scripts.quantization.qat.prepare import AwareConfig
from build_scripts.recipes.user_aware import train_user_network
from build_scripts.recipes.user_network import user_model
from build_scripts.recipes.user_recipe import read_recipe
from functions.core.models.engine import OnnxEngine

CLASSES = ("healthy", "unbalance", "misalignment", "blade_rub")
WINDOW = 256
NETWORK = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv1d(2, 16, 9, 4), nn.BatchNorm1d(16)
        self.hidden, self.head = nn.Linear(16, 64), nn.Linear(64, 4)

    def forward(self, signal):
        pooled = torch.relu(self.norm(self.first(signal))).mean(dim=2)
        return self.head(torch.relu(self.hidden(pooled)))


class Small(nn.Sequential):
    def __init__(self):
        super().__init__(nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(8, 4))
"""
RECIPE = """
[model]
name = "toy"
title = "A toy"
channels = 2
window = 256
sample_rate_hz = 8000
classes = [{classes}]

[network]
file = "net.py"
factory = "{factory}"

[data]
training = "records.npz"
fitting = "records.npz"
unseen = "records.npz"
description = "noise"
limits = "a toy"

[quantization]
windows = 8
variants = ["qat"]
epochs = 2

[export]
exporter = "legacy"
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe, its network, weights and records."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "net.py").write_text(NETWORK)
    write_recipe(folder, "Net")
    rng, label = np.random.default_rng(0), np.arange(64) % 4
    signals = rng.standard_normal((64, 2, 2 * WINDOW)) * 2.0 ** label[:, None, None]
    arrays = {"signals": signals.astype(np.float32), "label": label, "class_names": np.array(CLASSES)}
    np.savez(folder / "records.npz", sample_rate=np.float64(8000), **arrays)  # type: ignore[arg-type]
    torch.manual_seed(0)
    state = {
        "first": torch.nn.Conv1d(2, 16, 9, 4),
        "norm": torch.nn.BatchNorm1d(16),
        "hidden": torch.nn.Linear(16, 64),
        "head": torch.nn.Linear(64, 4),
    }
    weights = {f"{name}.{key}": value for name, layer in state.items() for key, value in layer.state_dict().items()}
    torch.save(weights, folder / "weights.pt")
    return folder


def write_recipe(folder: Path, factory: str) -> Path:
    classes = ", ".join(f'{{ id = "{one}", name = "{one}" }}' for one in CLASSES)
    path = folder / f"{factory}.toml"
    path.write_text(RECIPE.format(classes=classes, factory=factory))
    return path


def qat(own: Path, out: Path, *more: str, recipe: str = "Net.toml") -> int:
    options = ["--checkpoint", str(own / "weights.pt"), "--recipe", str(own / recipe), "--out", str(out)]
    return main(["qat", *options, "--epochs", "2", "--batch-size", "16", *more])


def test_the_command_reports_what_it_made(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert qat(own, tmp_path / "int8.onnx", "--learning-rate", "1e-3", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report["loss_of_epoch"]) == ["1", "2"]
    assert report["integer_layers"] == ["first", "hidden"]
    assert report["float32_parts"] == {"small linear layer": 1}
    assert (report["operators"]["QLinearConv"], report["operators"]["QGemm"]) == (1, 1)
    assert report["length"] == "free"
    assert report["size_ratio"] == report["size_bytes"]["int8"] / report["size_bytes"]["float32"]
    assert 0 <= report["agreement"] <= 1
    assert report["max_abs_difference"] < 0.05


def test_novelty_is_that_of_the_fine_tuned_network(own: Path, tmp_path: Path) -> None:
    records = read_labelled(own / "records.npz")
    model = user_model(read_recipe(own / "Net.toml"), own / "weights.pt", records)
    target = AwareFile(tmp_path / "int8.onnx")
    result = train_user_network(model, records, target, AwareConfig(epochs=1, batch_size=16))
    windows = np.concatenate([records.windows(index, WINDOW)[:1] for index in range(16)])
    output = OnnxEngine(target.path).run(windows)
    with torch.no_grad():
        logits, distance = (tensor.numpy() for tensor in result.network(torch.from_numpy(windows)))
    np.testing.assert_allclose(output.logits, logits, atol=0.05)
    assert output.distance is not None
    np.testing.assert_allclose(output.distance, distance, rtol=0.1, atol=0.1)
    # Known windows lie about one from their class; louder ones than any of training far away.
    assert np.median(output.distance) < 5
    louder = OnnxEngine(target.path).run(100 * windows).distance
    assert louder is not None
    assert louder.min() > np.median(output.distance)


def test_what_cannot_be_trained_is_reported_in_a_sentence(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "int8.onnx"
    assert qat(own, out, "--batch-size", "65") == 1
    assert "64 training records do not fill a batch of 65" in capsys.readouterr().err
    assert qat(own, out, "--learning-rate", "1e30") == 1
    assert "lower the learning rate" in capsys.readouterr().err
    small = {"2.weight": torch.ones(4, 8), "2.bias": torch.zeros(4)}
    torch.save(small, tmp_path / "weights.pt")
    for name in ("net.py", "records.npz"):
        (tmp_path / name).write_bytes((own / name).read_bytes())
    recipe = write_recipe(tmp_path, "Small")
    assert qat(tmp_path, out, recipe=recipe.name) == 1
    assert "no convolution and no large linear layer" in capsys.readouterr().err
    assert not out.exists()


def test_a_build_tries_it_where_the_recipe_names_it(
    own: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So small a network is no faster in integers, or is, by chance.
    monkeypatch.setattr("build_scripts.quantization.search.MIN_SPEEDUP", float("inf"))
    options = ["--checkpoint", str(own / "weights.pt"), "--recipe", str(own / "Net.toml"), "--out", str(tmp_path)]
    assert main(["build", *options, "--allow-float32", "--allow-overlap"]) == 0
    _, proof = read_package(tmp_path / "toy" / "1")
    assert [one.name for one in proof.tried] == ["fp32", "qat"]
    figures = proof.tried[1].figures
    assert figures is not None
    assert figures.integer_share == 2 / 4
    assert onnx_property(work / "toy" / "qat.onnx", "name") == "toy"
