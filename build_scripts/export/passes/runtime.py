"""The pass that fuses: onnxruntime's own graph optimizations, kept in the model."""

from dataclasses import dataclass

import onnx

from build_scripts.export.causes import cause
from build_scripts.export.passes.sequence import PassFailed
from build_scripts.export.passes.session import SESSION_ERRORS, optimized_graph


@dataclass(frozen=True)
class RuntimeGraph:
    """The graph onnxruntime makes at a level: `basic`, `extended` or `all`.

    basic folds constants and batch normalisation into convolutions and stays plain ONNX; extended fuses
    activations and sums into convolutions of onnxruntime's own; all also lays tensors out to suit the vector
    registers of this machine.
    Source: onnxruntime documentation, "Graph Optimizations in ONNX Runtime".
    """

    level: str

    @property
    def name(self) -> str:
        """Name of the pass, with its level."""
        return f"onnxruntime-{self.level}"

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Return the optimized model with the properties of the given one.

        Raises:
            PassFailed: onnxruntime cannot load the model.
        """
        try:
            optimized = optimized_graph(model, self.level)
        except SESSION_ERRORS as error:
            raise PassFailed(self.name, f"onnxruntime cannot load the model: {cause(error)}.") from error
        del optimized.metadata_props[:]
        optimized.metadata_props.extend(model.metadata_props)
        return optimized
