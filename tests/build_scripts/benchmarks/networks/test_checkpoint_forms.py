from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from build_scripts.benchmarks.networks.checkpoint_forms import CHECKPOINT_FORMS

NETWORK = nn.Linear(2, 3)


def saved(form: str, folder: Path) -> dict[str, Any]:
    # Written here a moment ago.
    content: dict[str, Any] = torch.load(CHECKPOINT_FORMS[form](NETWORK, folder), weights_only=False)
    return content


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("state_dict", ["weight", "bias"]),
        ("data-parallel", ["module.weight", "module.bias"]),
        ("compiled", ["_orig_mod.weight", "_orig_mod.bias"]),
    ],
)
def test_the_names_have_the_prefix_of_their_program(tmp_path: Path, form: str, names: list[str]) -> None:
    content = saved(form, tmp_path)
    assert list(content) == names
    assert torch.equal(content[names[0]], NETWORK.weight)


def test_lightning_keeps_its_training_beside_the_weights(tmp_path: Path) -> None:
    content = saved("lightning", tmp_path)
    assert list(content["state_dict"]) == ["model.weight", "model.bias"]
    assert (content["epoch"], content["hparams"]["lr"]) == (7, 2e-3)


def test_an_optimizer_has_moments_of_every_weight(tmp_path: Path) -> None:
    content = saved("with-optimizer", tmp_path)
    assert torch.equal(content["model_state_dict"]["bias"], NETWORK.bias)
    assert content["optimizer_state_dict"]["state"][0]["exp_avg"].shape == (3, 2)
    assert content["folder"] == Path("runs/7")


def test_safetensors_hold_the_weights_alone(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    content = load_file(CHECKPOINT_FORMS["safetensors"](NETWORK, tmp_path))
    assert sorted(content) == ["bias", "weight"]
    assert torch.equal(content["weight"], NETWORK.weight)
