from dataclasses import replace

import pytest
import torch
from torch import nn

from build_scripts.errors import PruningError
from build_scripts.networks.checkpoint import Checkpoint, restore_network
from build_scripts.pruning.kinds import Unstructured
from build_scripts.pruning.unstructured import hold, largest_weights, release, zeroed


def test_the_smallest_weights_of_all_layers_become_zero(checkpoint: Checkpoint) -> None:
    masks = largest_weights(checkpoint, Unstructured(0.4))
    kept = torch.cat([checkpoint.weights[f"{name}.weight"][mask].abs() for name, mask in masks.items()])
    gone = torch.cat([checkpoint.weights[f"{name}.weight"][~mask].abs() for name, mask in masks.items()])
    assert len(gone) == round(0.4 * (len(gone) + len(kept)))
    assert float(gone.max()) <= float(kept.min())
    pruned = zeroed(checkpoint, masks)
    assert pruned.weights["head.weight"][~masks["head"]].count_nonzero() == 0
    assert pruned.weights["head.weight"][masks["head"]].equal(checkpoint.weights["head.weight"][masks["head"]])
    assert pruned.weights["stages.0.1.weight"].equal(checkpoint.weights["stages.0.1.weight"])


def test_of_equal_weights_exactly_the_share_goes(checkpoint: Checkpoint) -> None:
    weights = {name: torch.ones_like(tensor) for name, tensor in checkpoint.weights.items()}
    masks = largest_weights(replace(checkpoint, weights=weights), Unstructured(0.01))
    total = sum(mask.numel() for mask in masks.values())
    assert sum(int((~mask).sum()) for mask in masks.values()) == round(0.01 * total)


def test_zeros_are_held_while_the_others_learn_and_stay_when_released(checkpoint: Checkpoint) -> None:
    network, masks = restore_network(checkpoint).network, largest_weights(checkpoint, Unstructured(0.5))
    hold(network, masks)
    optimizer = torch.optim.AdamW(network.parameters(), 0.1)
    nn.functional.cross_entropy(network(torch.randn(6, 1, 256)), torch.arange(6) % 3).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    release(network, masks)
    assert set(network.state_dict()) == set(checkpoint.weights)
    for name, mask in masks.items():
        weight = network.get_submodule(name).weight
        assert isinstance(weight, nn.Parameter)
        assert weight[~mask].count_nonzero() == 0
        assert not weight[mask].equal(checkpoint.weights[f"{name}.weight"][mask])


def test_a_share_of_less_than_a_weight_is_refused(checkpoint: Checkpoint) -> None:
    with pytest.raises(PruningError, match="1e-06 of 5856 weights is less than one"):
        largest_weights(checkpoint, Unstructured(1e-6))


def test_a_layer_left_without_weights_is_named(checkpoint: Checkpoint) -> None:
    weights = checkpoint.weights | {"stages.0.0.weight": torch.full((16, 1, 1, 15), 1e-9)}
    with pytest.raises(PruningError, match=r"share of 0\.5 leaves no weight in stages\.0\.0"):
        largest_weights(replace(checkpoint, weights=weights), Unstructured(0.5))
