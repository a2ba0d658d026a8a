"""A user's network of two inputs, from its weights and records to answers that depend on the conditions."""

from pathlib import Path

import numpy as np
import pytest
import torch

from build_scripts.__main__ import main
from build_scripts.data.labelled import description_of, read_for, read_labelled
from build_scripts.data.signals import SignalSet
from build_scripts.evidence.card.step import read_package
from build_scripts.evidence.evaluate import evaluate
from functions.core.preprocessing.arrays import Float32Array
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.build_scripts.recipes.conditioned_network import OrderNetwork
from tests.support.apps import assert_error, client_of, post_json

RATE_HZ, WINDOW = 1000.0, 256
# Turns at once or twice the shaft's frequency; both speeds give the tone of 50 Hz.
SLOW_RPM, FAST_RPM = 1500.0, 3000.0
RECIPE = """
[model]
name = "order"
title = "Once or twice the shaft speed"
window = 256
sample_rate_hz = 1000
classes = [{ id = "once", name = "Once" }, { id = "twice", name = "Twice" }]
conditions = [{ name = "shaft_speed_rpm", unit = "rpm", minimum = 600, maximum = 6000 }]

[network]
file = "conditioned_network.py"
factory = "OrderNetwork"

[data]
training = "training.npz"
fitting = "fitting.npz"
unseen = "unseen.npz"
description = "tones"
limits = "A toy."

[export]
exporter = "legacy"

[quantization]
windows = 16
variants = ["static-minmax"]
"""


def tone(frequency_hz: float, rng: np.random.Generator) -> Float32Array:
    turns = frequency_hz * np.arange(2 * WINDOW) / RATE_HZ + rng.random()
    noisy: Float32Array = (np.sin(2 * np.pi * turns) + rng.normal(0, 0.1, 2 * WINDOW)).astype(np.float32)
    return noisy


def write_records(path: Path, seed: int, count: int = 60) -> Path:
    """Tones at once or twice the shaft's frequency, of shafts at two speeds."""
    rng = np.random.default_rng(seed)
    label, speed = np.arange(count) % 2, np.where(np.arange(count) % 4 < 2, SLOW_RPM, FAST_RPM)
    signals = np.stack([tone(rpm / 60 * (one + 1), rng) for one, rpm in zip(label, speed, strict=True)])
    np.savez(
        path,
        signals=signals,
        label=label,
        sample_rate=RATE_HZ,
        class_names=np.array(["once", "twice"]),
        conditions=speed[:, None],
        condition_names=np.array(["shaft_speed_rpm"]),
    )
    return path


def trained(path: Path) -> OrderNetwork:
    torch.manual_seed(0)
    records = read_labelled(path)
    assert isinstance(records, SignalSet)
    windows, label = torch.from_numpy(records.signals[:, :, :WINDOW]), torch.from_numpy(records.label)
    rows = torch.from_numpy(np.asarray(records.conditions))
    network = OrderNetwork()
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(windows, rows), label).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("order")
    for seed, name in enumerate(("training", "fitting", "unseen")):
        write_records(folder / f"{name}.npz", seed)
    source = Path(__file__).with_name("conditioned_network.py")
    (folder / source.name).write_bytes(source.read_bytes())
    (folder / "recipe.toml").write_text(RECIPE)
    torch.save(trained(folder / "training.npz").state_dict(), folder / "order.pt")
    return folder


def build(own: Path, models: Path) -> int:
    recipe, checkpoint = str(own / "recipe.toml"), str(own / "order.pt")
    # On a network this small int8 need not be faster; which of the two is packaged is left to the machine.
    return main(["build", "--checkpoint", checkpoint, "--recipe", recipe, "--out", str(models), "--allow-float32"])


@pytest.fixture(scope="module")
def models(own: Path, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    assert build(own, folder) == 0
    return folder


def test_the_manifest_names_the_condition_and_every_variant_answers_right(models: Path, own: Path) -> None:
    manifest, proof = read_package(models / "order" / "1")
    (speed,) = manifest.input.conditions_taken
    assert (speed.name, speed.unit, speed.minimum, speed.maximum, speed.required) == (
        "shaft_speed_rpm",
        "rpm",
        600,
        6000,
        True,
    )
    assert manifest.novelty is not None
    assert "| `shaft_speed_rpm` | rpm | 600 to 6000 | required |" in (models / "order" / "1" / "CARD.md").read_text()
    assert [one.name for one in proof.tried][:2] == ["fp32", "static-minmax"]
    figures = proof.tried[1].figures
    assert figures is not None
    assert figures.agreement >= 0.99
    records = read_for(own / "unseen.npz", description_of(manifest), 1)
    for variant in evaluate(models, "order", records).variants.values():
        assert variant.accuracy.record == 1.0


async def test_one_tone_is_two_answers_at_two_speeds(models: Path) -> None:
    app = create_app(Settings(stage="local", models_dir=models, default_model="order", api_keys_required=False))
    document = {"signal": tone(50.0, np.random.default_rng(9)).tolist()}
    async with client_of(app) as client:
        for speed, expected in ((SLOW_RPM, "twice"), (FAST_RPM, "once")):
            answer = await post_json(client, "/predict", document | {"conditions": {"shaft_speed_rpm": speed}})
            assert (answer.json()["class_id"], answer.json()["conditions"]) == (expected, {"shaft_speed_rpm": speed})
        missing = await post_json(client, "/predict", document)
        sentence = assert_error(missing, 422, "condition_missing", "conditions.shaft_speed_rpm")
        assert sentence == "The model needs the condition 'shaft_speed_rpm', a number from 600 to 6000 rpm."


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("shaft_speed_rpm", "load"), "lacks the condition 'load'; it has shaft_speed_rpm."),
        (("maximum = 6000", "maximum = 2000"), "has shaft_speed_rpm 3000; the recipe takes 600 to 2000 rpm."),
        (("maximum = 6000", "maximum = 600"), "minimum 600 is not below maximum 600"),
        (("conditions = [", "conditions = [] # ["), "The network does not take float32 [1, 1, 256]"),
    ],
    ids=["another name", "a narrow range", "no range", "none"],
)
def test_a_recipe_that_does_not_fit_is_refused_in_a_sentence(
    own: Path, tmp_path: Path, change: tuple[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in own.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes() if path.is_file() else b"")
    (tmp_path / "recipe.toml").write_text(RECIPE.replace(*change))
    assert build(tmp_path, tmp_path / "models") == 1
    assert sentence.replace("[1, ", "[2, ") in capsys.readouterr().err
    assert not (tmp_path / "models").exists()
