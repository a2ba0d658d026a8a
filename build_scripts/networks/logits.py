"""Find the logits among the outputs of a network: one tensor, one of several, or the logarithm of probabilities."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from build_scripts.errors import RecipeError

Gives = Literal["logits", "probabilities"]
# Below it a probability counts as this: the logarithm of none is no number.
SMALLEST_PROBABILITY = 1e-12
# Largest distance of a float32 softmax's rows from a sum of 1.
ROUNDING = 1e-4


class LogitsNetwork(nn.Module):
    """A network and which of its outputs are the logits: signal float32 [B, C, T] to logits float32 [B, K].

    output: name or index among several, None where there is one. classes: K. probabilities: it gives them; their
    logarithms are logits, with the same probabilities again. squeezed: it gives [K] for a single window.
    """

    def __init__(
        self,
        network: nn.Module,
        output: str | int | None,
        classes: int,
        *,
        probabilities: bool = False,
        squeezed: bool = False,
    ) -> None:
        super().__init__()
        self.network, self._output, self._classes = network, output, classes
        self._probabilities, self._squeezed = probabilities, squeezed

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the logits float32 [B, K]."""
        chosen = choose(self.network(*inputs), self._output, self._classes)
        if self._squeezed:
            chosen = chosen.reshape(-1, self._classes)
        return chosen.clamp_min(SMALLEST_PROBABILITY).log() if self._probabilities else chosen


def choose(given: Any, output: str | int | None, classes: int) -> Tensor:
    """Return one of the tensors that a network gives: the one tensor, or that of a name, an index or a path of both.

    Raises:
        RecipeError: there are several and none is chosen, or not that one; it lists what there is, and names one that
            has a column for each class.
    """
    if isinstance(given, Tensor) and output is None:
        return given
    parts = _parts(given)
    if output in parts:
        return parts[output]
    own = [part for part in _items(given).values() if isinstance(part, Tensor)]
    if isinstance(output, int) and -len(own) <= output < len(own):
        return own[output]
    has = ", ".join(f"{name!r} {_shape(part)}" for name, part in parts.items())
    kind = type(given).__name__
    if isinstance(given, Tensor):
        raise RecipeError(f"The network gives one tensor, not several: leave output = {output!r} out of [network].")
    if not parts:
        raise RecipeError(f"The network gives a {kind} without tensors; it must give logits [B, K].")
    if output is None:
        fitting = (name for name, part in parts.items() if part.shape[1:] == (classes,))
        example = next(fitting, next(iter(parts)))
        written = f'"{example}"' if isinstance(example, str) else example
        raise RecipeError(
            f"The network gives a {kind}: {has}. Choose the logits with output in [network], as in output = {written}."
        )
    raise RecipeError(f"The network's {kind} has no output {output!r}; it has {has}.")


def are_probabilities(values: Tensor) -> bool:
    """Return whether every row of float32 [B, K] lies in [0, 1] and sums to 1."""
    inside = bool(((values >= 0) & (values <= 1)).all())
    return inside and bool(((values.sum(1) - 1).abs() <= ROUNDING).all())


def _bounded(values: Tensor) -> bool:
    """Return whether all of float32 [B, K] lies in [0, 1], and not every row is the same."""
    return bool(((values >= 0) & (values <= 1)).all()) and bool((values != values[:1]).any())


def check_logits(given: Tensor, windows: int, classes: int, gives: Gives | None) -> None:
    """Check the output of a network: float32 [windows, classes], and logits unless probabilities are expected.

    Raises:
        RecipeError: another shape or type, values that are no numbers, probabilities in place of logits or the reverse,
            or a sigmoid of each class.
    """
    if list(given.shape) != [windows, classes] or given.dtype != torch.float32:
        raise RecipeError(
            f"For {windows} windows the network gives {_shape(given)}; "
            f"{classes} classes need float32 [{windows}, {classes}]."
        )
    if not torch.isfinite(given).all():
        bad = int((~torch.isfinite(given)).any(1).sum())
        raise RecipeError(f"The network gives NaN or infinity for {bad} of {windows} windows of the training records.")
    found = are_probabilities(given)
    if gives is None and not found and _bounded(given):
        raise RecipeError(
            f"The network gives values from {float(given.min()):.4g} to {float(given.max()):.4g}, and its rows do not "
            'sum to 1, as after a sigmoid for each class: leave the sigmoid out, or write gives = "logits" in '
            "[network] to take them as they are; a window has one class, that of the largest value."
        )
    if found and gives is None:
        raise RecipeError(
            f"The network gives probabilities (each row of {windows} windows sums to 1), not logits: "
            'leave its softmax out, or write gives = "probabilities" in [network].'
        )
    if gives == "probabilities" and not found:
        low, high = (float(value) for value in given.sum(1).aminmax())
        raise RecipeError(
            f'The recipe has gives = "probabilities", but rows of the network sum to {low:.4g} to {high:.4g}; '
            'write gives = "logits" in [network].'
        )


def _parts(given: Any) -> dict[str | int, Tensor]:
    """Return the tensors among what a network gives, those of a mapping or a sequence within it by a path with dots."""
    found: dict[str | int, Tensor] = {}
    for name, part in _items(given).items():
        if isinstance(part, Tensor):
            found[name] = part
        elif isinstance(part, Mapping | tuple | list):
            inner = {f"{name}.{place}": one for place, one in _items(part).items()}
            found |= {path: one for path, one in inner.items() if isinstance(one, Tensor)}
    return found


def _items(given: Any) -> Mapping[Any, Any]:
    if isinstance(given, Mapping):
        return given
    if isinstance(given, tuple) and hasattr(given, "_fields"):
        return dict(zip(given._fields, given, strict=True))
    if isinstance(given, tuple | list):
        return dict(enumerate(given))
    if is_dataclass(given):
        return {field.name: getattr(given, field.name) for field in fields(given)}
    return getattr(given, "__dict__", {})


def _shape(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"
