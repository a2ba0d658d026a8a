import numpy as np
import pytest
import torch
from torch import Tensor, nn

from build_scripts.data.signals import SignalSet
from build_scripts.recipes import user_novelty


class Seen(nn.Module):
    """Gives three features of a window, and keeps how many windows it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        self.batches.append(len(signal))
        features = torch.cat([signal.std(2), signal.abs().amax(2), signal.diff(dim=2).std(2)], 1)
        return features, features


@pytest.mark.parametrize(("window", "known"), [(512, [65]), (1024, [33]), (8192, [4, 4, 4, 4])])
def test_long_windows_are_fewer_and_fewer_at_a_time(
    window: int, known: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("NOVELTY_WINDOWS", 64), ("BATCH", 64), ("LONG_WINDOW", 512), ("FEWEST_WINDOWS", 15)):
        monkeypatch.setattr(user_novelty, name, value)
    signals = np.random.default_rng(0).standard_normal((2, 1, 8192)).astype(np.float32)
    names, severity = ("a",), np.zeros(2, np.int64)
    records = SignalSet(signals, np.zeros(2, np.int64), 1000.0, names, severity, ("all",))
    network = Seen()
    user_novelty.user_novelty(network, records, window)
    outliers = 4
    # Beside as many windows as a batch has of short ones, outliers of every kind once.
    assert network.batches == [known[0], outliers, *known[1:]]
