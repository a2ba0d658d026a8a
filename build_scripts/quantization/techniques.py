"""The table of quantization techniques, from which the command line, the search and the benchmarks are made.

It is data: the module of a technique, and onnx with it, loads when the technique runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from build_scripts.errors import QuantizationError
from functions.core.models.manifest import Precision
from functions.core.preprocessing.arrays import Float32Array

# Methods that set the ranges of static activations, and types of dynamic weights.
CALIBRATIONS = ("minmax", "entropy", "percentile")
DYNAMIC_WEIGHTS = ("uint8", "int8")

Settings = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class QuantizationOptions:
    """The options of all techniques; each takes what it needs.

    calibration_windows float32 [n, C, T], calibration minmax, entropy or percentile; bits of a weight;
    dynamic_weights uint8 or int8; exclude names layers that stay as they are.
    """

    calibration_windows: Float32Array | None = None
    calibration: str = "minmax"
    per_channel: bool = True
    bits: int = 7
    dynamic_weights: str = "uint8"
    exclude: tuple[str, ...] = ()

    def with_windows(self, windows: Float32Array) -> "QuantizationOptions":
        """Return the options with calibration windows float32 [n, C, T]."""
        return replace(self, calibration_windows=windows)


class Quantizer(Protocol):
    """Quantizes the float32 model `source` to a new file and returns its path."""

    def __call__(self, source: Path, path: Path, options: QuantizationOptions) -> Path:
        """Quantize.

        Raises:
            QuantizationError: an option does not fit the technique or the model.
        """
        ...


@dataclass(frozen=True)
class ComparedVariant:
    """A row of the benchmarks: its key, its label, and the options that it is made with."""

    row: str
    label: str
    options: QuantizationOptions


@dataclass(frozen=True)
class Technique:
    """A way to quantize an ONNX file.

    precision of the file; method: name in a manifest; settings: what a manifest says of options, given the number of
    calibration windows; needs_windows: whether it cannot do without them; candidates: options by the name that a
    recipe gives them; on_request: candidates that are tried only where a recipe names them; compared: rows of the
    benchmarks.
    """

    precision: Precision
    method: str
    quantizer: Quantizer
    settings: Callable[[QuantizationOptions, int], Settings] = lambda options, windows: {}
    needs_windows: bool = False
    candidates: Mapping[str, QuantizationOptions] = field(default_factory=dict)
    on_request: frozenset[str] = frozenset()
    compared: Sequence[ComparedVariant] = ()


def _static(source: Path, path: Path, options: QuantizationOptions) -> Path:
    from build_scripts.quantization.static import QuantizationConfig, quantize

    if options.calibration_windows is None:
        raise QuantizationError("Static quantization needs calibration windows.")
    if options.bits not in {7, 8}:
        raise QuantizationError(f"Static quantization has weights of 7 or 8 bits, not {options.bits}.")
    config = QuantizationConfig(
        per_channel=options.per_channel,
        reduce_range=options.bits == 7,
        calibration=options.calibration,
        exclude=options.exclude,
    )
    return quantize(source, options.calibration_windows, path, config)


def _dynamic(source: Path, path: Path, options: QuantizationOptions) -> Path:
    from build_scripts.quantization.dynamic import quantize_dynamically

    return quantize_dynamically(source, path, options.dynamic_weights, options.exclude)


def _weights(source: Path, path: Path, options: QuantizationOptions) -> Path:
    from build_scripts.quantization.weights import quantize_weights

    return quantize_weights(source, path, per_channel=options.per_channel, bits=options.bits, exclude=options.exclude)


def _half(source: Path, path: Path, options: QuantizationOptions) -> Path:
    from build_scripts.quantization.half import quantize_to_half

    return quantize_to_half(source, path, options.exclude)


def _static_settings(options: QuantizationOptions, windows: int) -> Settings:
    ranges: Settings = {"calibration": options.calibration, "calibration_windows": windows}
    return {"activations": "uint8", "weights": "int8"} | _weight_settings(options, windows) | ranges


def _weight_settings(options: QuantizationOptions, windows: int) -> Settings:
    return {"per_channel": options.per_channel, "weight_bits": options.bits}


def _dynamic_settings(options: QuantizationOptions, windows: int) -> Settings:
    return {"weights": options.dynamic_weights}


# By the name that the command line gives them. A row's order here is its order in the search and in the benchmarks.
TECHNIQUES: Mapping[str, Technique] = {
    "static": Technique(
        precision="int8",
        method="static-qdq",
        quantizer=_static,
        settings=_static_settings,
        needs_windows=True,
        candidates={
            "static-minmax": QuantizationOptions(),
            "static-percentile": QuantizationOptions(calibration="percentile"),
            "static-entropy": QuantizationOptions(calibration="entropy"),
            "static-per-tensor": QuantizationOptions(per_channel=False),
            "static-8-bit": QuantizationOptions(bits=8),
        },
        on_request=frozenset({"static-8-bit"}),
        compared=(ComparedVariant("onnx_int8", "int8 (this project's recipe)", QuantizationOptions()),),
    ),
    "dynamic": Technique(
        precision="int8",
        method="dynamic",
        quantizer=_dynamic,
        settings=_dynamic_settings,
        candidates={
            "dynamic-uint8": QuantizationOptions(),
            "dynamic-int8": QuantizationOptions(dynamic_weights="int8"),
        },
        on_request=frozenset({"dynamic-int8"}),
        compared=(
            ComparedVariant("onnx_dynamic_uint8", "dynamic int8, uint8 weights", QuantizationOptions(bits=8)),
            ComparedVariant(
                "onnx_dynamic_int8", "dynamic int8, int8 weights", QuantizationOptions(bits=8, dynamic_weights="int8")
            ),
        ),
    ),
    "weights": Technique(
        precision="int8",
        method="weights-only",
        quantizer=_weights,
        settings=_weight_settings,
        candidates={"weights-only": QuantizationOptions()},
        compared=(ComparedVariant("onnx_weights_int8", "weights-only int8", QuantizationOptions(bits=8)),),
    ),
    "half": Technique(
        precision="fp16",
        method="float16",
        quantizer=_half,
        compared=(ComparedVariant("onnx_fp16", "float16", QuantizationOptions(bits=16)),),
    ),
}


@dataclass(frozen=True)
class Candidate:
    """A variant that a search tries: a technique and its options, calibration windows apart."""

    technique: Technique
    options: QuantizationOptions

    def quantize(self, source: Path, path: Path, windows: Float32Array) -> Path:
        """Quantize the float32 model `source` to `path` with calibration windows float32 [n, C, T].

        Raises:
            QuantizationError: an option does not fit the technique or the model.
        """
        return self.technique.quantizer(source, path, self.options.with_windows(windows))

    def without(self, layers: tuple[str, ...]) -> "Candidate":
        """Return the variant that leaves layers as they are, by name."""
        return replace(self, options=replace(self.options, exclude=layers))

    def settings(self, windows: int) -> Settings:
        """Return the settings in the manifest of a variant that was made with so many calibration windows."""
        excluded: Settings = {"excluded": ", ".join(self.options.exclude)} if self.options.exclude else {}
        return self.technique.settings(self.options, windows) | excluded


CANDIDATES: Mapping[str, Candidate] = {
    name: Candidate(technique, options)
    for technique in TECHNIQUES.values()
    for name, options in technique.candidates.items()
}
DEFAULT_CANDIDATES = tuple(name for name, one in CANDIDATES.items() if name not in one.technique.on_request)
