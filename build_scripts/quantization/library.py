"""Run onnxruntime's quantizer: silence what it prints, and turn what it raises into an error of the build."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import onnx
import onnxruntime

from build_scripts.errors import QuantizationError
from build_scripts.export.passes.session import SESSION_ERRORS

# Exceptions that onnxruntime.quantization raises of its own, that its assertions and look-ups of tensors and
# attributes raise on a graph that it does not expect, and that the two libraries raise which it calls.
# Source: the raise statements and dictionary look-ups of onnxruntime 1.32, quantization and quantization/operators.
QUANTIZER_ERRORS = (
    ValueError,
    TypeError,
    RuntimeError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    onnx.checker.ValidationError,
    onnx.shape_inference.InferenceError,
    *SESSION_ERRORS,
)
_WARNING, _ERROR = 2, 3


@contextlib.contextmanager
def quantizer_at_work(source: Path) -> Iterator[None]:
    """Run onnxruntime's quantizer on a model: standard output and log belong to the build.

    Raises:
        QuantizationError: the quantizer cannot work with the model.
    """
    disabled = logging.root.manager.disable
    logging.disable(logging.ERROR)
    onnxruntime.set_default_logger_severity(_ERROR)
    try:
        with Path(os.devnull).open("w") as silence, contextlib.redirect_stdout(silence):
            yield
    except QUANTIZER_ERRORS as error:
        raise QuantizationError(f"onnxruntime cannot quantize {source.name}: {described(error)}.") from error
    finally:
        logging.disable(disabled)
        onnxruntime.set_default_logger_severity(_WARNING)


def described(error: BaseException) -> str:
    """Return an exception of a library as part of a sentence: its type, and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}, {lines[0][:200].removesuffix('.')}" if lines else type(error).__name__
