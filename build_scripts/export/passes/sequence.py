"""The interface of a pass, and a sequence of passes as one pass."""

from dataclasses import dataclass
from typing import Protocol

import onnx

from build_scripts.errors import BuildError


class PassFailed(BuildError):  # noqa: N818 - as GateFailed
    """A pass that cannot give a model equal to the one it was given."""

    def __init__(self, name: str, reason: str) -> None:
        """Name the pass and the reason."""
        super().__init__(f"Pass {name} failed: {' '.join(reason.split())}")
        self.name = name


class Pass(Protocol):
    """A model to a new model; the given one stays as it was."""

    @property
    def name(self) -> str:
        """Name of the pass, as its errors and reports give it."""
        ...

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Return the rewritten model.

        Raises:
            PassFailed: it cannot be rewritten.
        """
        ...


@dataclass(frozen=True)
class Sequential:
    """Passes one after the other, as one pass; without passes the model comes back as it was."""

    passes: tuple[Pass, ...]
    name: str = "sequential"

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Run all passes in order.

        Raises:
            PassFailed: the first that fails, by its own name.
        """
        for one in self.passes:
            model = one(model)
        return model
