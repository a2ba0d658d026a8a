"""onnxruntime's own quantization with its defaults: what a user has without this project."""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from functions.core.preprocessing.arrays import Float32Array

Quantize = Callable[[Path, Path, Float32Array], None]


@dataclass(frozen=True)
class PlainFiles:
    """Files by the name of the way they were made, and of each way that failed the first line of why."""

    files: dict[str, Path] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


class _Windows(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    def __init__(self, name: str, windows: Float32Array) -> None:
        self._feeds = iter([{name: window[None]} for window in windows])

    def get_next(self) -> dict[str, Float32Array] | None:
        return next(self._feeds, None)


def _dynamic(source: Path, path: Path, windows: Float32Array) -> None:
    quantize_dynamic(source, path)


def _static(source: Path, path: Path, windows: Float32Array) -> None:
    reader = _Windows(onnx.load(source).graph.input[0].name, windows)
    quantize_static(source, path, reader, quant_format=QuantFormat.QDQ)


# By name: the label, the function, and whether onnxruntime's pre-processing comes before.
PLAIN: Mapping[str, tuple[str, Quantize, bool]] = {
    "plain_dynamic": ("`quantize_dynamic`", _dynamic, False),
    "plain_dynamic_prepared": ("`quantize_dynamic`, pre-processed", _dynamic, True),
    "plain_static": ("`quantize_static`", _static, False),
    "plain_static_prepared": ("`quantize_static`, pre-processed", _static, True),
}


def quantize_plainly(fp32: Path, windows: Float32Array, folder: Path) -> PlainFiles:
    """Quantize a float32 model in every plain way with calibration windows float32 [n, C, T].

    A way that fails is a result too: users meet it.
    """
    made = PlainFiles()
    prepared = folder / "prepared.onnx"
    with _silence():
        quant_pre_process(fp32, prepared, skip_symbolic_shape=True)
        for name, (_, quantize, on_prepared) in PLAIN.items():
            path = folder / f"{name}.onnx"
            try:
                quantize(prepared if on_prepared else fp32, path, windows)
            except (ValueError, RuntimeError, AttributeError, KeyError, NotImplementedError) as error:
                lines = str(error).strip().splitlines() or [""]
                made.failed[name] = f"{type(error).__name__}: {lines[0]}"
            else:
                made.files[name] = path
    return made


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep off what onnxruntime prints and warns of while it quantizes."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere), np.errstate(all="ignore"):
            yield
    finally:
        logger.setLevel(level)
