from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from build_scripts.errors import DataError
from build_scripts.measuring.torch_engine import TorchEngine
from build_scripts.recipes.user_plan import user_plan
from build_scripts.recipes.user_recipe import UserRecipe, read_recipe

RECIPE = """
[model]
name = "toy"
title = "Toy"
window = 128
sample_rate_hz = 1000
classes = [{ id = "a", name = "A" }, { id = "b", name = "B" }]

[network]
file = "net.py"
factory = "Net"

[data]
training = "training.npz"
fitting = "fitting.npz"
unseen = "unseen.npz"
description = "noise"
limits = "A toy."
"""
NETWORK = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv1d(1, 2, 9), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(2, 2))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recipe.toml").write_text(RECIPE)
    (tmp_path / "net.py").write_text(NETWORK)
    write(tmp_path, "training", noise(1))
    write(tmp_path, "fitting", noise(2))
    write(tmp_path, "unseen", noise(3))
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv1d(1, 2, 9), nn.ReLU(), nn.Identity(), nn.Identity(), nn.Linear(2, 2))
    torch.save(network.state_dict(), tmp_path / "w.pt")
    return tmp_path


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((12, 400)).astype(np.float32)


def write(folder: Path, name: str, signals: np.ndarray) -> None:
    label = np.arange(len(signals)) % 2
    np.savez(folder / f"{name}.npz", signals=signals, label=label, class_names=np.array(["a", "b"]), sample_rate=1000.0)


def recipe(folder: Path) -> UserRecipe:
    return read_recipe(folder / "recipe.toml")


def test_a_plan_is_what_the_recipe_says(folder: Path) -> None:
    plan = user_plan(recipe(folder), folder / "w.pt")
    assert (len(plan.training), len(plan.choosing), len(plan.unseen)) == (12, 12, 12)
    assert (plan.limits, plan.notes, plan.export.length) == ("A toy.", {}, None)
    assert plan.model.outputs == ("logits", "distance")


def test_records_of_two_sets_are_refused_or_stand_on_the_card(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    shared = noise(3)
    shared[[2, 5]] = noise(1)[[0, 1]]
    shared[7, :300] = noise(2)[3, 100:]
    write(folder, "unseen", shared)
    found = (
        "2 of 12 records of unseen (indices 2, 5) are in training too; "
        "1 of 12 records of unseen (indices 7) are in fitting too"
    )
    with pytest.raises(DataError) as raised:
        user_plan(recipe(folder), folder / "w.pt")
    assert str(raised.value) == (
        f"{found}: what the network was fitted to cannot prove it. Split by recording, never by window; "
        "--allow-overlap packages it with a warning on its card."
    )
    with caplog.at_level("WARNING", "build"):
        plan = user_plan(recipe(folder), folder / "w.pt", allow_overlap=True)
    assert plan.limits == f"A toy. Warning: {found}; the figures below flatter the model."
    assert caplog.messages == [f"warning: {found}"]


def test_classes_without_records_to_judge_by_stand_on_the_card(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    signals = noise(3)[::2]
    np.savez(
        folder / "unseen.npz",
        signals=signals,
        label=np.zeros(len(signals), int),
        class_names=np.array(["a", "b"]),
        sample_rate=1000.0,
    )
    with caplog.at_level("WARNING", "build"):
        plan = user_plan(recipe(folder), folder / "w.pt")
    found = "unseen has no record of b"
    assert plan.limits == f"A toy. Warning: {found}; the figures below are about the other classes."
    assert f"warning: {found}" in caplog.messages


def test_without_records_of_foreign_machines_no_trust_is_fitted(folder: Path) -> None:
    assert user_plan(recipe(folder), folder / "w.pt").strangers is None


def test_records_of_foreign_machines_are_those_that_trust_is_fitted_by(folder: Path) -> None:
    write(folder, "foreign", noise(4)[:6])
    (folder / "recipe.toml").write_text(RECIPE.replace("description =", 'foreign = "foreign.npz"\ndescription ='))
    plan = user_plan(recipe(folder), folder / "w.pt")
    assert plan.strangers is not None
    served = TorchEngine(plan.model.network)  # type: ignore[arg-type]
    found = plan.strangers(served)
    assert len(found.known.outputs) == 12
    assert [one.outputs.label.tolist() for one in found.foreign] == [[0, 1, 0, 1, 0, 1]]


def test_a_foreign_record_that_training_has_is_refused(folder: Path) -> None:
    write(folder, "foreign", noise(1)[:6])
    (folder / "recipe.toml").write_text(RECIPE.replace("description =", 'foreign = "foreign.npz"\ndescription ='))
    with pytest.raises(DataError, match=r"6 of 6 records of foreign .* are in training too"):
        user_plan(recipe(folder), folder / "w.pt")
