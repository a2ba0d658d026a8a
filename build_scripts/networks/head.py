"""Find the head, the layer whose input separates known signals from foreign ones, by running the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from build_scripts.errors import RecipeError
from build_scripts.networks.conditions import Inputs
from build_scripts.networks.novelty import Distance, NoveltyModel

# Largest difference between a layer's output and the logits it leads to: rounding of float32.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Head:
    """A layer of a network, and which of its calls in one forward is meant."""

    module: nn.Module
    name: str
    call: int


@dataclass(frozen=True)
class _Call:
    name: str
    number: int
    given: Tensor | None
    output: Any


class FeatureNetwork(nn.Module):
    """A network that also gives the input of its head: signal float32 [B, C, T] to logits [B, K], features [B, F]."""

    def __init__(self, network: nn.Module, head: Head) -> None:
        super().__init__()
        self.network = network
        self._call = head.call
        self._given: list[Tensor] = []
        head.module.register_forward_pre_hook(self._keep, with_kwargs=True)

    def _keep(self, _head: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        given = _first_tensor(arguments, named)
        if given is not None:
            self._given.append(given)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits float32 [B, K] and features float32 [B, F]."""
        self._given.clear()
        logits = self.network(*inputs)
        features = self._given[self._call]
        self._given.clear()
        rows = features.flatten(1)
        return logits, rows if rows.dtype == torch.float32 else rows.float()


class NoveltyNetwork(nn.Module):
    """A network with its novelty, as it is exported: signal float32 [B, C, T] to logits [B, K] and distance [B]."""

    def __init__(self, network: nn.Module, novelty: NoveltyModel) -> None:
        super().__init__()
        self.network, self.distance = network, Distance(novelty)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits float32 [B, K] and distance float32 [B]."""
        logits, features = self.network(*inputs)
        return logits, self.distance(features)


def find_head(network: nn.Module, layers: nn.Module, inputs: Inputs, name: str | None = None) -> Head | None:
    """Return the last linear layer of an eval forward whose output leads unchanged to the logits, None without one.

    Unchanged: but for its shape, or by a log-softmax or a sigmoid. A layer that is named is taken whatever it leads to.

    Args:
        network: in evaluation mode, gives logits float32 [B, K].
        layers: the network itself, or the one within it whose layers are meant.
        inputs: windows float32 [B, C, T], at least two different ones, and their conditions [B, K] if it takes some.
        name: of the layer in `named_modules()`.

    Raises:
        RecipeError: there is no layer of that name, it is not called, or its input is not one row for each window.
    """
    modules = dict(layers.named_modules())
    if name is not None and name not in modules:
        raise RecipeError(f"The network has no layer {name!r}; it has {', '.join(filter(None, modules))}.")
    wanted = (
        {name: modules[name]} if name is not None else {one: part for one, part in modules.items() if _linear(part)}
    )
    logits, calls = _calls(network, wanted, inputs)
    flat = [call for call in calls if _is_flat(call.given, len(logits))]
    if name is not None and not flat:
        given = (
            f"is given float32 {list(calls[-1].given.shape)}"
            if calls and calls[-1].given is not None
            else "is not called"
        )
        raise RecipeError(f"The layer {name!r} {given} in evaluation; novelty needs a layer with an input [B, F].")
    found = [call for call in flat if name is not None or _leads_to(call.output, logits)]
    return Head(modules[found[-1].name], found[-1].name, found[-1].number) if found else None


def _linear(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear)


def _calls(network: nn.Module, watched: Mapping[str, nn.Module], inputs: Inputs) -> tuple[Tensor, list[_Call]]:
    calls: list[_Call] = []

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def keep(_module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
            number = sum(call.name == name for call in calls)
            calls.append(_Call(name, number, _first_tensor(arguments, named), output))

        return module.register_forward_hook(keep, with_kwargs=True)

    handles = [watch(name, module) for name, module in watched.items()]
    try:
        with torch.no_grad():
            return network(*inputs), calls
    finally:
        for handle in handles:
            handle.remove()


def _first_tensor(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Tensor | None:
    return next((one for one in (*arguments, *named.values()) if isinstance(one, Tensor)), None)


def _is_flat(given: Tensor | None, windows: int) -> bool:
    """Return whether a layer is given one row of floats for each window: [B, F], or that with axes of length 1."""
    if given is None or not given.is_floating_point() or given.dim() < 2 or len(given) != windows:
        return False
    return given[0].numel() == max(given.shape[1:])


def _leads_to(output: object, logits: Tensor) -> bool:
    if not isinstance(output, Tensor) or output.numel() != logits.numel():
        return False
    # Under autocast a layer gives bfloat16.
    rows = output.reshape(logits.shape).to(logits.dtype)
    forms = (rows, torch.log_softmax(rows, 1).clamp_min(float(logits.min())), torch.sigmoid(rows))
    return any(torch.allclose(form, logits, rtol=TOLERANCE, atol=TOLERANCE) for form in forms)
