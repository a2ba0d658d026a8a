from build_scripts.networks.checkpoint import Checkpoint
from build_scripts.pruning.layers import layer_names, normalisation


def test_names_are_those_of_the_weights(checkpoint: Checkpoint) -> None:
    matrices = [name.removesuffix(".weight") for name, tensor in checkpoint.weights.items() if tensor.ndim > 1]
    assert list(layer_names(checkpoint.network)) == matrices
    assert f"{normalisation(2)}.running_var" in checkpoint.weights
