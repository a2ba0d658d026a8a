import pytest

from build_scripts.errors import PruningError
from build_scripts.networks.checkpoint import Checkpoint
from build_scripts.pruning.kinds import Structured, Unstructured, layer_names, normalisation


@pytest.mark.parametrize("share", [-0.5, 0.0, 1.0, 25.0, float("nan")])
@pytest.mark.parametrize("kind", [Structured, Unstructured])
def test_a_share_outside_zero_and_one_is_refused(kind: type[Structured | Unstructured], share: float) -> None:
    with pytest.raises(PruningError, match=f"between 0 and 1, both left out; {share:g} does not"):
        kind(share)


def test_other_norms_and_multiples_are_refused() -> None:
    with pytest.raises(PruningError, match="the norm 1 or 2, not 3"):
        Structured(0.5, norm=3)
    with pytest.raises(PruningError, match="multiples of 1 or more, not 0"):
        Structured(0.5, multiple=0)


def test_a_kind_says_its_name() -> None:
    assert (Structured(0.5).kind, Unstructured(0.5).kind) == ("structured", "unstructured")


def test_names_are_those_of_the_weights(checkpoint: Checkpoint) -> None:
    matrices = [name.removesuffix(".weight") for name, tensor in checkpoint.weights.items() if tensor.ndim > 1]
    assert list(layer_names(checkpoint.network)) == matrices
    assert f"{normalisation(2)}.running_var" in checkpoint.weights
