"""The forms in which training programs leave the weights of a network."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Save = Callable[[nn.Module, Path], Path]


def _pickled(content: Callable[[dict[str, Tensor]], Mapping[str, Any]]) -> Save:
    def save(network: nn.Module, folder: Path) -> Path:
        path = folder / "weights.pt"
        torch.save(content(network.state_dict()), path)
        return path

    return save


def _prefixed(prefix: str) -> Callable[[dict[str, Tensor]], dict[str, Any]]:
    return lambda state: {f"{prefix}{name}": value for name, value in state.items()}


def _lightning(state: dict[str, Tensor]) -> dict[str, Any]:
    """Return Lightning's checkpoint: weights under the name of the attribute, and the state of the training."""
    return {
        "state_dict": _prefixed("model.")(state),
        "epoch": 7,
        "global_step": 812,
        "pytorch-lightning_version": "2.5.1",
        "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.03), "best_model_path": "logs/best.ckpt"}},
        "hparams": {"lr": np.float64(2e-3)},
    }


def _with_optimizer(state: dict[str, Tensor]) -> dict[str, Any]:
    moments = {index: {"step": torch.tensor(9.0), "exp_avg": value * 0} for index, value in enumerate(state.values())}
    optimizer = {"state": moments, "param_groups": [{"lr": 2e-3, "betas": (0.9, 0.999)}]}
    return {
        "model_state_dict": state,
        "optimizer_state_dict": optimizer,
        "loss": np.float32(0.02),
        "folder": Path("runs/7"),
    }


def _safetensors(network: nn.Module, folder: Path) -> Path:
    from safetensors.torch import save_file

    path = folder / "weights.safetensors"
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, path)
    return path


# By the name that the zoo gives them.
CHECKPOINT_FORMS: Mapping[str, Save] = {
    "state_dict": _pickled(dict),
    "lightning": _pickled(_lightning),
    "data-parallel": _pickled(_prefixed("module.")),
    "compiled": _pickled(_prefixed("_orig_mod.")),
    "with-optimizer": _pickled(_with_optimizer),
    "safetensors": _safetensors,
}
