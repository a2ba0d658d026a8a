"""The table of quantization techniques, from which the command line, the search and the benchmarks are made.

It is data: the module of a technique, and onnx with it, loads when the technique runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from build_scripts.errors import QuantizationError
from build_scripts.quantization.reasons.obstacles import (
    Obstacle,
    layers_obstacle,
    linear_obstacle,
    mixed_obstacle,
    nothing_in_the_way,
    static_obstacle,
)
from functions.core.models.manifest import Precision
from functions.core.preprocessing.arrays import Float32Array

# Methods that set the ranges of static activations, types of dynamic weights, bits of static ones, and which operators
# are quantized.
CALIBRATIONS = ("minmax", "entropy", "percentile")
DYNAMIC_WEIGHTS, WEIGHT_BITS = ("uint8", "int8"), (7, 8)
SCOPES = ("convolutions", "linear", "layers", "all")

Settings = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class QuantizationOptions:
    """The options of all techniques; each takes what it needs.

    calibration_windows float32 [n, C, T], and their conditions of operation float32 [n, K] where the model takes
    some; calibration minmax, entropy or percentile; bits of a weight; dynamic_weights uint8 or int8; scope is one
    of SCOPES, without it the technique's own; exclude names layers that stay as they are; rewrite brings the graph
    into the form that integer kernels run fastest; ranges is a folder in which ranges of these windows are kept for
    the next candidate.
    """

    calibration_windows: Float32Array | None = None
    conditions: Float32Array | None = None
    calibration: str = "minmax"
    per_channel: bool = True
    bits: int = 7
    dynamic_weights: str = "uint8"
    scope: str | None = None
    rewrite: bool = False
    exclude: tuple[str, ...] = ()
    ranges: Path | None = None

    def with_windows(
        self, windows: Float32Array, ranges: Path | None = None, conditions: Float32Array | None = None
    ) -> "QuantizationOptions":
        """Return the options with calibration windows float32 [n, C, T], and the folder of their ranges."""
        return replace(self, calibration_windows=windows, ranges=ranges, conditions=conditions)


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

    precision of the file; method: name in a manifest; settings: options as a manifest lists them, given the number of
    calibration windows; obstacle: why a network leaves nothing to gain, None where it may; needs_windows: whether it
    cannot do without them; candidates: options by the name that a recipe gives them; on_request: candidates that are
    tried only where a recipe names them; compared: rows of the benchmarks.
    """

    precision: Precision
    method: str
    quantizer: Quantizer
    settings: Callable[[QuantizationOptions, int], Settings] = lambda options, windows: {}
    obstacle: Obstacle = nothing_in_the_way
    needs_windows: bool = False
    candidates: Mapping[str, QuantizationOptions] = field(default_factory=dict)
    on_request: frozenset[str] = frozenset()
    compared: Sequence[ComparedVariant] = ()


def _static(source: Path, path: Path, options: QuantizationOptions) -> Path:
    from build_scripts.quantization.static import QuantizationConfig, quantize

    if options.calibration_windows is None:
        raise QuantizationError("Static quantization needs calibration windows.")
    if options.bits not in WEIGHT_BITS:
        raise QuantizationError(f"Static quantization has weights of 7 or 8 bits, not {options.bits}.")
    config = QuantizationConfig(
        per_channel=options.per_channel,
        reduce_range=options.bits == 7,
        calibration=options.calibration,
        scope=options.scope or "convolutions",
        rewrite=options.rewrite,
        exclude=options.exclude,
    )
    return quantize(source, options.calibration_windows, path, config, options.ranges, options.conditions)


def _dynamic(source: Path, path: Path, options: QuantizationOptions) -> Path:
    from build_scripts.quantization.dynamic import DynamicConfig, quantize_dynamically

    scope = options.scope or "linear"
    return quantize_dynamically(
        source, path, DynamicConfig(options.dynamic_weights, options.bits == 7, scope, options.exclude)
    )


def _mixed(source: Path, path: Path, options: QuantizationOptions) -> Path:
    with TemporaryDirectory() as directory:
        convolutions = _static(source, Path(directory) / "convolutions.onnx", replace(options, scope="convolutions"))
        return _dynamic(convolutions, path, replace(options, scope="linear"))


def _weights(source: Path, path: Path, options: QuantizationOptions) -> Path:
    from build_scripts.quantization.weights import quantize_weights

    return quantize_weights(source, path, per_channel=options.per_channel, bits=options.bits, exclude=options.exclude)


def _half(source: Path, path: Path, options: QuantizationOptions) -> Path:
    from build_scripts.quantization.half import quantize_to_half

    return quantize_to_half(source, path, options.exclude)


def _static_settings(options: QuantizationOptions, windows: int) -> Settings:
    ranges: Settings = {"calibration": options.calibration, "calibration_windows": windows}
    scope: Settings = {"scope": options.scope} if options.scope else {}
    rewrite: Settings = {"rewritten": True} if options.rewrite else {}
    return {"activations": "uint8", "weights": "int8"} | _weight_settings(options, windows) | ranges | scope | rewrite


def _weight_settings(options: QuantizationOptions, windows: int) -> Settings:
    return {"per_channel": options.per_channel, "weight_bits": options.bits}


def _dynamic_settings(options: QuantizationOptions, windows: int) -> Settings:
    return {"weights": options.dynamic_weights, "scope": options.scope or "linear"}


def _fine_tuned(source: Path, path: Path, options: QuantizationOptions) -> Path:
    raise QuantizationError("qat trains a network: it needs a recipe of one's own with PyTorch weights.")


# By the name that the command line gives them. A row's order here is its order in the search and in the benchmarks.
TECHNIQUES: Mapping[str, Technique] = {
    "static": Technique(
        precision="int8",
        method="static-qdq",
        quantizer=_static,
        settings=_static_settings,
        obstacle=static_obstacle,
        needs_windows=True,
        candidates={
            "static-minmax": QuantizationOptions(),
            "static-percentile": QuantizationOptions(calibration="percentile"),
            "static-entropy": QuantizationOptions(calibration="entropy"),
            "static-per-tensor": QuantizationOptions(per_channel=False),
            "static-rewritten": QuantizationOptions(rewrite=True),
            "static-layers": QuantizationOptions(scope="layers", rewrite=True),
            "static-all": QuantizationOptions(scope="all", rewrite=True),
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
        obstacle=linear_obstacle,
        candidates={
            "dynamic-uint8": QuantizationOptions(),
            "dynamic-int8": QuantizationOptions(dynamic_weights="int8"),
            "dynamic-layers": QuantizationOptions(scope="layers"),
        },
        on_request=frozenset({"dynamic-layers"}),
        compared=(
            ComparedVariant(
                "onnx_dynamic_uint8", "dynamic int8, uint8 weights", QuantizationOptions(bits=8, scope="layers")
            ),
            ComparedVariant(
                "onnx_dynamic_int8",
                "dynamic int8, int8 weights",
                QuantizationOptions(bits=8, dynamic_weights="int8", scope="layers"),
            ),
        ),
    ),
    "mixed": Technique(
        precision="int8",
        method="static-qdq, dynamic",
        quantizer=_mixed,
        settings=lambda options, windows: (
            _static_settings(options, windows) | {"dynamic_weights": options.dynamic_weights}
        ),
        obstacle=mixed_obstacle,
        needs_windows=True,
        candidates={"mixed": QuantizationOptions(rewrite=True)},
    ),
    "weights": Technique(
        precision="int8",
        method="weights-only",
        quantizer=_weights,
        settings=_weight_settings,
        obstacle=layers_obstacle,
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


# No technique for a file: it trains the network itself, which only a recipe with PyTorch weights has.
FINE_TUNING = Technique(
    precision="int8",
    method="qat-qdq",
    quantizer=_fine_tuned,
    settings=lambda options, windows: {"activations": "uint8", "weights": "int8"} | _weight_settings(options, windows),
    candidates={"qat": QuantizationOptions()},
    on_request=frozenset({"qat"}),
)


@dataclass(frozen=True)
class Candidate:
    """A variant that a search tries: a technique and its options, calibration windows apart."""

    technique: Technique
    options: QuantizationOptions

    def obstacle(self, weights: Mapping[str, int]) -> str | None:
        """Return why it gains nothing on a network of such weights, counted by operator, None where it may."""
        return self.technique.obstacle(self.options.scope, weights)

    def quantize(
        self,
        source: Path,
        path: Path,
        windows: Float32Array,
        ranges: Path | None = None,
        conditions: Float32Array | None = None,
    ) -> Path:
        """Quantize the float32 model `source` to `path` with calibration windows float32 [n, C, T].

        Args:
            source: the model.
            path: file to write.
            windows: calibration windows.
            ranges: a folder for the ranges found with them, which the next candidate of the same source takes over.
            conditions: of operation of the windows, float32 [n, K], where the model takes some.

        Raises:
            QuantizationError: an option does not fit the technique or the model.
        """
        return self.technique.quantizer(source, path, self.options.with_windows(windows, ranges, conditions))

    def without(self, layers: tuple[str, ...]) -> "Candidate":
        """Return the variant that leaves layers as they are, by name."""
        return replace(self, options=replace(self.options, exclude=layers))

    def settings(self, windows: int) -> Settings:
        """Return the settings in the manifest of a variant that was made with so many calibration windows."""
        excluded: Settings = {"excluded": ", ".join(self.options.exclude)} if self.options.exclude else {}
        return self.technique.settings(self.options, windows) | excluded


CANDIDATES: Mapping[str, Candidate] = {
    name: Candidate(technique, options)
    for technique in (*TECHNIQUES.values(), FINE_TUNING)
    for name, options in technique.candidates.items()
}
DEFAULT_CANDIDATES = tuple(name for name, one in CANDIDATES.items() if name not in one.technique.on_request)
