import subprocess
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import pytest

from build_scripts.benchmarks.variants.recipe import RECIPES
from build_scripts.build_cli.commands.graphs import _quantization_options
from build_scripts.build_cli.parser import make_parser
from build_scripts.errors import QuantizationError
from build_scripts.evidence.measure import onnx_property
from build_scripts.quantization.calibration import CALIBRATIONS as CALIBRATION_METHODS
from build_scripts.quantization.dynamic import SCOPES as DYNAMIC_SCOPES
from build_scripts.quantization.dynamic import WEIGHT_TYPES
from build_scripts.quantization.static import SCOPES as STATIC_SCOPES
from build_scripts.quantization.techniques import (
    CALIBRATIONS,
    CANDIDATES,
    DEFAULT_CANDIDATES,
    DYNAMIC_WEIGHTS,
    FINE_TUNING,
    SCOPES,
    TECHNIQUES,
    QuantizationOptions,
)
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.conftest import ROOT


@pytest.mark.parametrize("method", TECHNIQUES)
def test_every_technique_leaves_its_input_and_keeps_what_the_file_says(
    method: str, fp32: Path, windows: Float32Array, tmp_path: Path
) -> None:
    before = fp32.read_bytes()
    path = TECHNIQUES[method].quantizer(fp32, tmp_path / "new" / "out.onnx", QuantizationOptions(windows))
    assert path == tmp_path / "new" / "out.onnx"
    assert fp32.read_bytes() == before
    assert onnx_property(path, "window") == "2048"


def test_static_needs_windows_and_seven_or_eight_bits(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="needs calibration windows"):
        TECHNIQUES["static"].quantizer(fp32, tmp_path / "out.onnx", QuantizationOptions())
    with pytest.raises(QuantizationError, match="7 or 8 bits, not 4"):
        TECHNIQUES["static"].quantizer(fp32, tmp_path / "out.onnx", QuantizationOptions(windows, bits=4))


@pytest.mark.parametrize("method", TECHNIQUES)
def test_a_technique_needs_windows_where_the_table_says_so(method: str, fp32: Path, tmp_path: Path) -> None:
    refused = pytest.raises(QuantizationError, match="needs calibration windows")
    with refused if TECHNIQUES[method].needs_windows else nullcontext():
        TECHNIQUES[method].quantizer(fp32, tmp_path / "out.onnx", QuantizationOptions())


@pytest.mark.parametrize("method", TECHNIQUES)
def test_the_command_line_offers_every_technique(method: str) -> None:
    options = make_parser().parse_args(["quantize", "--model", "a", "--out", "b", "--method", method])
    assert options.method == method


@pytest.mark.parametrize("method", TECHNIQUES)
def test_the_documentation_has_a_row_for_every_technique(method: str) -> None:
    section = (
        (ROOT / "docs" / "build.md").read_text().partition("## Techniques of quantization")[2].partition("\n## ")[0]
    )
    assert f"| `{method}` | " in section


def test_the_command_line_s_defaults_are_those_of_the_options() -> None:
    options = make_parser().parse_args(["quantize", "--model", "a", "--out", "b"])
    assert _quantization_options(options) == QuantizationOptions()


def test_every_option_can_be_given_on_the_command_line() -> None:
    integers = ["--calibration", "entropy", "--bits", "8", "--dynamic-weights", "int8"]
    scope = ["--scope", "layers", "--rewrite"]
    options = make_parser().parse_args(
        ["quantize", "--model", "a", "--out", "b", *integers, *scope, "--per-tensor", "--exclude", "stem"]
    )
    given, defaults = asdict(_quantization_options(options)), asdict(QuantizationOptions())
    # Windows and conditions come from --data, and only a search shares ranges.
    unset = {"calibration_windows", "conditions", "ranges"}
    assert {name for name in defaults if given[name] == defaults[name]} == unset


def test_the_choices_are_those_of_the_modules_that_quantize() -> None:
    assert tuple(CALIBRATION_METHODS) == CALIBRATIONS
    assert tuple(WEIGHT_TYPES) == DYNAMIC_WEIGHTS


def test_the_table_loads_no_onnx_and_no_pytorch() -> None:
    code = (
        "import sys, build_scripts.__main__, build_scripts.quantization.techniques;"
        "print([name for name in ('torch', 'onnx', 'onnxruntime') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", CANDIDATES)
def test_the_manifest_can_say_how_each_was_made(name: str) -> None:
    technique = CANDIDATES[name].technique
    assert technique.method in {"static-qdq", "dynamic", "static-qdq, dynamic", "weights-only", "qat-qdq"}
    # What a search keeps is packaged as int8.
    assert technique.precision == "int8"
    assert (CANDIDATES[name].settings(64).get("calibration_windows") == 64) is technique.needs_windows


def test_the_default_starts_with_what_ships() -> None:
    assert DEFAULT_CANDIDATES[0] == "static-minmax"
    assert set(DEFAULT_CANDIDATES) <= set(CANDIDATES)
    assert CANDIDATES["static-minmax"].settings(256) == {
        "activations": "uint8",
        "weights": "int8",
        "per_channel": True,
        "weight_bits": 7,
        "calibration": "minmax",
        "calibration_windows": 256,
    }


def test_the_names_of_candidates_and_which_are_tried_unasked() -> None:
    assert set(CANDIDATES) - set(DEFAULT_CANDIDATES) == {"static-8-bit", "dynamic-layers", "qat"}
    assert DEFAULT_CANDIDATES == (
        "static-minmax",
        "static-percentile",
        "static-entropy",
        "static-per-tensor",
        "static-rewritten",
        "static-layers",
        "static-all",
        "dynamic-uint8",
        "dynamic-int8",
        "mixed",
        "weights-only",
    )


def test_candidates_are_named_once_and_on_request_are_among_them() -> None:
    techniques = (*TECHNIQUES.values(), FINE_TUNING)
    assert sorted(name for one in techniques for name in one.candidates) == sorted(CANDIDATES)
    assert all(one.on_request <= set(one.candidates) for one in techniques)


def test_the_settings_of_dynamic_and_of_weights_alone() -> None:
    assert CANDIDATES["dynamic-int8"].settings(256) == {"weights": "int8", "scope": "linear"}
    assert CANDIDATES["weights-only"].settings(256) == {"per_channel": True, "weight_bits": 7}


def test_the_settings_of_a_wider_scope_name_it() -> None:
    ranges = {"calibration": "minmax", "calibration_windows": 64}
    static = {"activations": "uint8", "weights": "int8", "per_channel": True, "weight_bits": 7} | ranges
    assert CANDIDATES["static-layers"].settings(64) == static | {"scope": "layers", "rewritten": True}
    assert CANDIDATES["mixed"].settings(64) == static | {"rewritten": True, "dynamic_weights": "uint8"}


def test_the_benchmarks_have_these_rows() -> None:
    assert [(one.row, one.method, one.bits, one.dynamic_weights, one.scope) for one in RECIPES] == [
        ("onnx_int8", "static", 7, "uint8", None),
        ("onnx_dynamic_uint8", "dynamic", 8, "uint8", "layers"),
        ("onnx_dynamic_int8", "dynamic", 8, "int8", "layers"),
        ("onnx_weights_int8", "weights", 8, "uint8", None),
        ("onnx_fp16", "half", 16, "uint8", None),
    ]


@pytest.mark.parametrize(("scopes", "choices"), [(STATIC_SCOPES, SCOPES), (DYNAMIC_SCOPES, ("linear", "layers"))])
def test_the_scopes_are_those_of_the_modules_that_quantize(scopes: dict[str, object], choices: tuple[str, ...]) -> None:
    assert tuple(scopes) == choices


@pytest.mark.parametrize("method", ["static", "dynamic"])
def test_another_scope_is_refused(method: str, fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="not 'everything'"):
        TECHNIQUES[method].quantizer(fp32, tmp_path / "out.onnx", QuantizationOptions(windows, scope="everything"))
