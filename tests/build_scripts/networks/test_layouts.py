import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import RecipeError
from build_scripts.networks.layouts import LayoutNetwork, in_layout

WINDOWS = torch.randn(3, 2, 16, generator=torch.Generator().manual_seed(0))


class Rows(nn.Module):
    """A layer, and of what it gives a mean or the last step: a row for each window."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, signal: Tensor) -> Tensor:
        given = self.layer(signal)
        rows: Tensor = given[0][:, -1] if isinstance(given, tuple) else given.flatten(2).mean(dim=2)
        return rows


@pytest.mark.parametrize(
    ("layer", "layout"),
    [
        (nn.Conv1d(2, 4, 3), "BCT"),
        (nn.LSTM(2, 4, batch_first=True), "BTC"),
        (nn.Conv2d(2, 4, (1, 3)), "BC1T"),
        (nn.Conv2d(1, 4, (2, 3)), "B1CT"),
        (nn.Conv2d(2, 4, (3, 1)), "BCT1"),
    ],
)
def test_the_order_of_axes_is_found_by_running_the_network(layer: nn.Module, layout: str) -> None:
    found = in_layout(Rows(layer), (2, 2, 16), ())
    assert found(WINDOWS).shape == (3, 4)
    assert (found._layout if isinstance(found, LayoutNetwork) else "BCT") == layout


def test_a_row_for_each_window_is_wanted(caplog: pytest.LogCaptureFixture) -> None:
    linear = nn.Linear(16, 4)
    with caplog.at_level("INFO", "build"):
        assert in_layout(linear, (2, 1, 16), ())(WINDOWS[:, :1]).shape == (3, 4)
    assert caplog.messages == ["the network takes windows as [B, T], in place of [B, C, T]"]
    # Of two channels no order gives rows: it is left as it is, and refused by the shape of its answers later.
    assert in_layout(linear, (2, 2, 16), ()) is linear


def test_a_network_that_runs_in_no_order_is_refused_by_its_first_reason() -> None:
    with pytest.raises(RecipeError, match=r"does not take float32 \[2, 2, 16\]: .*3 channels"):
        in_layout(Rows(nn.Conv1d(3, 4, 3)), (2, 2, 16), ())
