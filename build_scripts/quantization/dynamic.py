"""Dynamic int8: weights quantized in the file, the ranges of activations measured at every call."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from build_scripts.errors import QuantizationError
from build_scripts.quantization.layers import checked_layers, prepared, write_quantized

WEIGHT_TYPES = {"uint8": QuantType.QUInt8, "int8": QuantType.QInt8}


def quantize_dynamically(source: Path, path: Path, weights: str = "uint8", exclude: Sequence[str] = ()) -> Path:
    """Quantize the layers of the float32 model `source` to `path`; it needs no calibration.

    Args:
        weights: uint8, or int8, for which onnxruntime's ConvInteger has only a slow path on x86-64.
        exclude: names of layers that stay float32.

    Raises:
        QuantizationError: there is no such weight type or layer.
    """
    if weights not in WEIGHT_TYPES:
        raise QuantizationError(f"Dynamic weights are {' or '.join(WEIGHT_TYPES)}, not {weights!r}.")
    with TemporaryDirectory() as directory:
        ready, raw = prepared(source, Path(directory)), Path(directory) / "raw.onnx"
        excluded = checked_layers(onnx.load(ready), exclude)
        quantize_dynamic(ready, raw, weight_type=WEIGHT_TYPES[weights], nodes_to_exclude=excluded)
        return write_quantized(onnx.load(raw), onnx.load(source), path)
