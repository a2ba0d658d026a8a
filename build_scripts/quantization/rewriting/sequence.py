"""All rewrites as one, proven: the model answers as before."""

import onnx

from build_scripts.export.passes.parity import Parity, Proven
from build_scripts.export.passes.sequence import Sequential
from build_scripts.quantization.rewriting.blocks import Blocks
from build_scripts.quantization.rewriting.flattening import Flattening
from build_scripts.quantization.rewriting.one_dimension import OneDimension


def rewritten(model: onnx.ModelProto, window: int) -> onnx.ModelProto:
    """Return a float32 model as integer kernels run it fastest, for windows of so many samples.

    Raises:
        PassFailed: a rewritten model answers otherwise.
    """
    parity = Parity.of(model, window)
    passes = (OneDimension(), Blocks(window), Flattening())
    return Sequential(tuple(Proven(one, parity) for one in passes), "rewriting")(model)
