from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import CheckpointError
from build_scripts.networks.filling import fill

Weights = dict[str, Tensor]


class Small(nn.Module):
    def __init__(self, classes: int = 4) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(1, 8, 9), nn.BatchNorm1d(8))
        self.head = nn.Linear(8, classes)


class Wrapped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = Small()


def weights(rename: Callable[[str], str] = str) -> Weights:
    return {rename(name): torch.full_like(part, 3) for name, part in Small().state_dict().items()}


def filled(candidates: dict[str, Weights], network: nn.Module | None = None) -> bool:
    """Fill a network and return whether every weight of it is the file's."""
    network = network or Small()
    fill(network, candidates, "w.pt")
    return all(bool((part == 3).all()) for part in network.state_dict().values())


@pytest.mark.parametrize(
    ("candidates", "done"),
    [
        ({"": weights()}, None),
        ({"state_dict": weights("model.{}".format)}, "under 'state_dict', the prefix 'model.' taken off"),
        ({"": weights("module.{}".format)}, "the prefix 'module.' taken off"),
        ({"": weights("net._orig_mod.{}".format)}, "the prefix 'net._orig_mod.' taken off"),
        ({"": weights("a.very.own.{}".format)}, "the prefix 'a.very.own.' taken off"),
        (
            {"": weights(lambda name: name.replace("body.", "body._orig_mod.").replace("head.", "head.module."))},
            "'_orig_mod.', 'module.' taken out of the names",
        ),
        (
            {"": weights("model.{}".format) | {"criterion.weight": torch.ones(4)}},
            "the prefix 'model.' taken off, left out: criterion.weight",
        ),
        ({"": weights() | {"train_loss.weight": torch.ones(4)}}, "left out: train_loss.weight"),
        ({"ema": {"a": torch.ones(1)}, "model": weights()}, "under 'model'"),
        ({"model": weights(), "ema": weights()}, "under 'model'"),
    ],
)
def test_names_are_made_to_fit_and_the_log_says_how(
    candidates: dict[str, Weights], done: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "build"):
        assert filled(candidates)
    assert [record.getMessage() for record in caplog.records] == ([f"weights of w.pt: {done}"] if done else [])


def test_other_weights_that_fit_are_named_and_can_be_chosen(caplog: pytest.LogCaptureFixture) -> None:
    average = {name: part + 1 for name, part in weights("module.{}".format).items()}
    network, candidates = Small(), {"model": weights(), "ema": average}
    with caplog.at_level("INFO", "build"):
        fill(network, candidates)
    assert caplog.messages[-1] == 'others fit too: weights = "ema" in [network] takes them'
    fill(network, candidates, "w.pt", "ema")
    assert bool((network.state_dict()["head.weight"] == 4).all())
    with pytest.raises(CheckpointError, match=r"w\.pt has no weights under 'swa'; it has some under 'model', 'ema'\."):
        fill(network, candidates, "w.pt", "swa")


def test_a_network_around_the_trained_one_is_filled(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "build"):
        assert filled({"": weights()}, Wrapped())
    assert caplog.messages == ["weights of w.pt: the network's prefix 'backbone.' put before the names"]


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
@pytest.mark.parametrize(
    "norm",
    [nn.utils.weight_norm, nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm],
    ids=["weight hook", "weight", "spectral"],
)
def test_weights_saved_without_their_normalisation_fit(
    norm: Callable[[nn.Module], nn.Module], caplog: pytest.LogCaptureFixture
) -> None:
    network = Small()
    network.head = norm(network.head)  # type: ignore[assignment]  # it is the same layer
    with caplog.at_level("INFO", "build"):
        assert filled({"": weights()}, network)
    assert caplog.messages[0].startswith("normalisation of weights is taken off head: w.pt has")
    assert network.head(torch.ones(1, 8)).tolist() == [[27.0] * 4]


def test_a_misfit_counts_with_the_normalisation_of_weights() -> None:
    network = Small()
    nn.utils.parametrizations.weight_norm(network.head)
    with pytest.raises(CheckpointError, match=r"the file lacks .*head\.parametrizations\.weight\.original0"):
        fill(network, {"": weights() | {"head.weight": torch.ones(5, 8)}})


def test_a_checkpoint_from_before_batches_were_counted_fits() -> None:
    old = {name: part for name, part in weights().items() if not name.endswith("num_batches_tracked")}
    network = Small()
    fill(network, {"": old})
    assert (network.head.weight == 3).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"head.weight": torch.ones(5, 8)},
            r"head\.weight is \[5, 8\] in the file and \[4, 8\] in the network; arguments in",
        ),
        (
            {"tail.weight": torch.ones(2)},
            r"the network has no tail\.weight; arguments in .* or save the weights of its layers alone\.",
        ),
    ],
)
def test_weights_that_do_not_fit_are_named(change: Weights, sentence: str) -> None:
    with pytest.raises(CheckpointError, match=f"The weights of w.pt do not fit the network: {sentence}"):
        fill(Small(), {"": weights() | change}, "w.pt")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"head.weight": torch.ones(4, 8, dtype=torch.int8)}, "is int8 in the file and float32 in the network; give"),
        ({"head.weight": torch.ones(4, 8, dtype=torch.complex64)}, "is complex64 in the file and float32 in the"),
        ({"head.scale": torch.ones(1), "head.zero_point": torch.ones(1)}, "the build quantizes them"),
    ],
)
def test_weights_that_no_cast_makes_right_are_refused(change: Weights, sentence: str) -> None:
    with pytest.raises(CheckpointError, match=sentence):
        fill(Small(), {"": weights() | change}, "w.pt")


def test_an_average_with_its_count_is_named_beside_the_weights(caplog: pytest.LogCaptureFixture) -> None:
    average = {"n_averaged": torch.tensor(4)} | {k: part + 1 for k, part in weights("module.{}".format).items()}
    with caplog.at_level("INFO", "build"):
        fill(Small(), {"model": weights(), "ema": average})
    assert caplog.messages[-1] == 'others fit too: weights = "ema" in [network] takes them'


def test_weights_of_another_width_are_named_without_their_prefix() -> None:
    wide = weights("model._orig_mod.{}".format) | {"model._orig_mod.head.weight": torch.ones(5, 8)}
    with pytest.raises(
        CheckpointError, match=r"network: head\.weight is \[5, 8\] in the file and .* network; arguments in"
    ):
        fill(Small(), {"state_dict": wide})


def test_weights_of_another_network_are_named_with_their_number() -> None:
    with pytest.raises(CheckpointError, match=r"the file lacks body\.0\.weight, .* and 6 more; the network has no w\."):
        fill(Small(), {"": {"w": torch.ones(1)}})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["head.weight", "body.1.running_var"])
def test_weights_that_are_no_numbers_are_refused(value: float, name: str) -> None:
    broken = weights()
    broken[name] = broken[name].clone()
    broken[name].view(-1)[0] = value
    with pytest.raises(CheckpointError, match=rf"hold NaN or infinity: {name} \(1 of \d+ values\)"):
        fill(Small(), {"": broken})
