import numpy as np
import pytest
import torch
from torch import nn

from build_scripts.benchmarks.networks.kinds.answers import DataclassAnswer, NamedAnswers, Probabilities
from build_scripts.benchmarks.networks.kinds.convolutional import SeveralHeads
from build_scripts.benchmarks.networks.toy_machine import toy_records, train_on


def test_a_seed_gives_the_same_records_and_another_gives_others() -> None:
    records = toy_records(1, 6)
    assert records.signals.shape == (6, 2, 4096)
    assert records.signals.dtype == np.float32
    assert records.label.tolist() == [0, 1, 2, 3, 0, 1]
    np.testing.assert_array_equal(records.signals, toy_records(1, 6).signals)
    assert not np.array_equal(records.signals[0], toy_records(2, 6).signals[0])


def test_unbalance_shows_at_the_speed_of_the_shaft() -> None:
    records = toy_records(3, 8)
    lowest = np.abs(np.fft.rfft(records.signals[:, 0]))[:, 5:12].max(axis=1)
    assert (lowest[records.label == 1] > 3 * lowest[records.label == 0]).all()


def test_a_batch_is_windows_with_the_labels_of_their_records() -> None:
    records = toy_records(1, 4)
    windows, label = records.batch(np.random.default_rng(0))
    assert windows.shape == (32, 2, 2048)
    first = records.signals[int(label[0])]
    starts = range(4096 - 2048 + 1)
    assert any(np.array_equal(first[:, start : start + 2048], windows[0].numpy()) for start in starts)


@pytest.mark.parametrize("network", [NamedAnswers, DataclassAnswer, Probabilities, SeveralHeads])
def test_every_form_of_answer_is_trained(network: type[nn.Module]) -> None:
    torch.manual_seed(0)
    made = network(8)
    before = [value.clone() for value in made.parameters()]
    trained = train_on(toy_records(1, 16), made, 2)
    assert not trained.training
    assert not torch.equal(next(trained.parameters()), before[0])
