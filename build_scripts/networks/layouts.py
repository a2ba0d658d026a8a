"""The order of a network's input axes: windows are float32 [B, C, T] here, and other networks take other orders."""

import logging
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from build_scripts.errors import RecipeError
from build_scripts.networks.conditions import silence
from build_scripts.networks.user_code import user_code
from functions.core.models.manifest import Condition

log = logging.getLogger("build")

# The axes an input may have, the likeliest first: batch, channels, samples (T), and axes of length 1.
TO_LAYOUT: Mapping[str, Callable[[Tensor], Tensor]] = {
    "BCT": lambda windows: windows,
    "BTC": lambda windows: windows.transpose(1, 2),
    "BT": lambda windows: windows[:, 0],
    "BC1T": lambda windows: windows[:, :, None],
    "B1CT": lambda windows: windows[:, None],
    "BCT1": lambda windows: windows[..., None],
}


def layouts(channels: int) -> list[str]:
    """Return the orders of axes that windows of so many channels can have."""
    return [one for one in TO_LAYOUT if channels == 1 or one != "BT"]


class LayoutNetwork(nn.Module):
    """A network of another order of axes: signal float32 [B, C, T], and conditions where it takes some."""

    def __init__(self, network: nn.Module, layout: str) -> None:
        super().__init__()
        self.network, self._layout = network, layout

    def forward(self, *inputs: Tensor) -> object:
        """Return what the network gives."""
        signal, *conditions = inputs
        return self.network(TO_LAYOUT[self._layout](signal), *conditions)


def in_layout(network: nn.Module, shape: tuple[int, int, int], conditions: Sequence[Condition]) -> nn.Module:
    """Return a network that takes windows [B, C, T]: itself, or around it the first order of axes in which it runs.

    One that gives more than a row for each window is taken in this order only where no other one gives rows.

    Raises:
        RecipeError: it runs in none.
    """
    found: list[nn.Module] = []
    refused: list[RecipeError] = []
    for layout in layouts(shape[1]):
        candidate = network if layout == "BCT" else LayoutNetwork(network, layout).eval()
        try:
            given = _run_silence(candidate, shape, conditions)
        except RecipeError as error:
            refused.append(error)
            continue
        # A layer of PyTorch takes one axis less for a single window, and the batch for channels.
        if not isinstance(given, Tensor) or (given.dim() <= 2 and len(given) == shape[0]):
            if layout != "BCT":
                log.info("the network takes windows as [%s], in place of [B, C, T]", ", ".join(layout))
            return candidate
        found.append(candidate)
    if not found:
        raise refused[0]
    return found[0]


def _run_silence(network: nn.Module, shape: tuple[int, int, int], conditions: Sequence[Condition]) -> object:
    second = f" and conditions [{shape[0]}, {len(conditions)}]" if conditions else ""
    with torch.no_grad(), user_code(f"The network does not take float32 {list(shape)}{second}"):
        return network(*silence(shape, conditions))
